import { map, of, throwError, timer } from 'rxjs';
import { autoAck, work } from 'sluice';
import { GuardError, MarbleMismatchError, marbles, type MarbleKit, type Script } from 'sluice/testing';

function failure(test: (kit: MarbleKit) => void | Script): Error {
  try {
    marbles(test);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

const broken = (message: string) => timer(5).pipe(map(() => raise(message)));

function raise(message: string): never {
  throw new Error(message);
}

describe('an error that a watch was told', () => {
  it('is mentioned when the test fails for another reason', () => {
    const error = failure(function* ({ watch }) {
      const seen = watch(broken('boom'), { name: 'orders' });
      yield 10;
      expect(seen.values).toEqual([1]);
    });
    const mention = 'an error came that the test has not looked at:\n  orders, at 5 ms: Error: boom';
    expect(error.message).toContain(mention);
    // Which of the two is printed depends on the test runner.
    expect(error.stack).toContain(mention);
    expect(error.stack).toMatch(/failures\.test\.ts:\d+/);
  });

  it('does not fail a test', () => {
    marbles(({ watch, expectObservable }) => {
      watch(broken('boom'));
      expectObservable(broken('boom'));
    });
  });

  it('is not mentioned once it has been read, or was expected', () => {
    const error = failure(function* ({ watch, expectRecording, expectObservable }) {
      const seen = watch(broken('boom'));
      expectRecording(watch(broken('bang'))).toBe('5ms #');
      expectObservable(broken('crash')).toBe('5ms #', undefined, Error);
      yield 10;
      expect(seen.error).toMatchObject({ message: 'boom' });
      throw new Error('mine');
    });
    expect(error.message).toBe('mine');
  });

  it('is mentioned of expectObservable without toBe, and beside a diagram that differs', () => {
    const error = failure(({ expectObservable }) => {
      expectObservable(broken('boom'));
      expectObservable(of('a')).toBe('b');
    });
    expect(error).toBeInstanceOf(MarbleMismatchError);
    expect(error.message).toContain('  observable, at 5 ms: Error: boom');
  });

  it('three are told of, the others are counted', () => {
    const error = failure(({ watch }) => {
      for (const name of ['a', 'b', 'c', 'd', 'e'])
        watch(
          throwError(() => name),
          { name },
        );
      throw new Error('mine');
    });
    expect(error.message).toMatch(/ {2}c, at 0 ms: 'c'\n {2}and 2 more$/);
  });
});

describe('a script that throws', () => {
  it('shows what differs for certain by then', () => {
    const error = failure(function* ({ deliveries, expectFate }) {
      const source = deliveries('a-b|');
      expectFate(source).toBe('n-a|');
      source.pipe(autoAck()).subscribe();
      yield 10;
      expect(1).toBe(2);
    });
    expect(error.message).toMatch(/toBe[^]*that was thrown at 10 ms; what differed already:\n\nfate of deliveries/);
    expect(error.message).toMatch(/expected +n-a\|\n +actual +a-a\|/);
  });

  it.each(['what has not come yet', 'what may still come in this millisecond'])('says nothing of %s', (what) => {
    const error = failure(function* ({ cold, watch, expectRecording }) {
      expectRecording(watch(cold('a----b'))).toBe('a----c');
      yield what === 'what has not come yet' ? 4 : 5;
      throw new Error('mine');
    });
    expect(error.message).toBe('mine');
  });

  it('shows what should have come before', () => {
    const error = failure(function* ({ cold, watch, expectRecording }) {
      expectRecording(watch(cold('a----b'))).toBe('a--b');
      yield 4;
      throw new Error('mine');
    });
    expect(error.message).toMatch(/^mine\n\nthat was thrown at 4 ms[^]*expected +a--b/);
  });

  it('has an error that is thrown again and again grow once', () => {
    const error = new Error('mine');
    const thrown = () =>
      failure(function* ({ watch }) {
        watch(broken('boom'));
        yield 10;
        throw error;
      });
    const { message } = thrown();
    expect(thrown().message).toBe(message);
    expect(message).toContain('boom');
  });
});

describe('a script that ends too early', () => {
  it('is told before what did not come', () => {
    const error = failure(function* ({ deliveries, expectFate }) {
      const source = deliveries('a|', undefined, { name: 'orders' });
      source.pipe(work(() => timer(20))).subscribe();
      expectFate(source).toBe('5ms a|');
      yield 1;
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(
      /^the script ended at 1 ms, its last diagram at 6 ms, and not all had ended by then; if more is to come, yield longer:\n {2}orders is still subscribed[^]*fate of orders/,
    );
  });
});

describe('several failures', () => {
  it('are one mismatch with all pictures if they are nothing but mismatches', () => {
    const error = failure(({ expectObservable }) => {
      expectObservable(of('a')).toBe('(b|)');
      expectObservable(of('c')).toBe('(d|)');
    });
    expect(error).toBeInstanceOf(MarbleMismatchError);
    expect(error).toMatchObject({ expected: '(b|)', actual: '(a|)' });
    expect(error.message).toMatch(/expected +\(b\|\)[^]*expected +\(d\|\)/);
  });
});

describe('watch', () => {
  it('has a name, for its diagram', () => {
    const error = failure(({ watch, expectRecording }) => {
      expectRecording(watch(of('a'), { name: 'shipped' })).toBe('(b|)');
    });
    expect(error.message).toMatch(/^shipped: /);
  });

  it('tells each value, by option or as a function', () => {
    const told: string[] = [];
    marbles(({ watch }) => {
      watch(of('a'), (value) => told.push(value));
      watch(of('b'), { onNext: (value) => told.push(value) });
    });
    expect(told).toEqual(['a', 'b']);
  });

  it('refuses an option that there is not', () => {
    expect(failure(({ watch }) => void watch(of('a'), { nam: 'x' } as never)).message).toContain('name');
  });
});
