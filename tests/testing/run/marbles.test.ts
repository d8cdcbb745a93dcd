import { delay, map, of, timer } from 'rxjs';
import { marbles, until, type MarbleKit, type Script } from 'sluice/testing';

function failure(test: (kit: MarbleKit) => void | Script): Error {
  try {
    marbles(test);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('marbles, as a plain function', () => {
  it("has RxJS's own helpers", () => {
    marbles(({ cold, hot, time, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('-a-b|');
      const pause = time('---|');
      expectObservable(source.pipe(delay(pause))).toBe('----a-(b|)');
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectObservable(hot('-x-^-y-|')).toBe('--y-|');
      flush();
    });
  });

  it('draws both diagrams when an Observable differs', () => {
    const { name, message } = failure(({ cold, expectObservable }) => {
      expectObservable(cold('-a-b|')).toBe('-a--b|');
    });
    expect(name).toBe('MarbleMismatchError');
    expect(message).toMatch(/expected +-a--b\|\n +actual +-a-b\|/);
  });

  it('tells of everything that differs, not of the first thing alone', () => {
    const error = failure(({ deliveries, expectFate, expectCredit, expectObservable }) => {
      const source = deliveries('-a|');
      expectObservable(source.pipe(map((delivery) => delivery.ack()))).toBe('-(x|)');
      expectFate(source).toBe('-n|');
      expectCredit(source).toBe('3');
    });
    expect(error.message).toContain('observable');
    expect(error.message).toContain('fate of deliveries');
    expect(error.message).toContain('credit of deliveries');
  });

  it('has the line of the expectation that fails on top', () => {
    const error = failure(({ cold, expectObservable }) => {
      expectObservable(cold('-a|')).toBe('-b|');
    });
    const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
    expect(frames[0]).toMatch(/marbles\.test\.ts:\d+/);
  });

  it('compares Observables that come as values by what they tell', () => {
    marbles(({ cold, expectObservable }) => {
      const windows = cold('-x---y|').pipe(map((letter) => cold(`--${letter}|`)));
      expectObservable(windows).toBe('-a---b|', { a: cold('--x|'), b: cold('--y|') });
    });
    const error = failure(({ cold, expectObservable }) => {
      expectObservable(cold('-x|').pipe(map(() => cold('--x|')))).toBe('-a|', { a: cold('-x-|') });
    });
    expect(error.name).toBe('MarbleMismatchError');
  });

  it('subscribes and leaves as RxJS does', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c-d-|');
      expectObservable(source, '--^---!').toBe('---b-c');
      expectSubscriptions(source.subscriptions).toBe('--^---!');
    });
  });

  it('subscribes even when nothing is expected', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a|');
      expectObservable(source);
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('compares one Observable with another, subscribing to each once', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a|');
      expectObservable(source).toEqual(cold('-a|'));
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('has hot Observables whose past is none of its own', () => {
    marbles(({ hot, deliveries, expectObservable, expectCredit }) => {
      const early: string[] = [];
      hot('xy^-a').subscribe((letter) => early.push(letter));
      expectObservable(hot('x-^-a-|')).toBe('--a-|');
      const source = deliveries('|');
      source.subscribe(() => expect(early).toEqual([]));
      expectCredit(source).toBe('4');
    });
  });

  it('does deeds at their moments', () => {
    const done: string[] = [];
    marbles(({ at, cold }) => {
      const note = (what: string) => () => done.push(what);
      at('5ms a 1s (bc)', { a: note('a'), b: note('b'), c: note('c') });
      cold('--x').subscribe(note('x'));
    });
    expect(done).toEqual(['x', 'a', 'b', 'c']);
  });

  it('refuses a deed that is not there, and one in the past', () => {
    expect(failure(({ at }) => at('-a', {})).message).toMatch(/^at: each letter stands for one of/);
    const late = failure(function* ({ at }) {
      yield 10;
      at('-a', { a: () => {} });
    });
    expect(late.message).toMatch(/nothing lies before now, which is 10 ms/);
  });

  it('is not to be nested', () => {
    expect(failure(() => marbles(() => {})).message).toContain('one run at a time');
  });

  it('leaves nothing of itself behind when it fails', () => {
    const random = Math.random;
    expect(
      failure(() => {
        throw new Error('mine');
      }).message,
    ).toBe('mine');
    expect(Math.random).toBe(random);
    marbles(({ expectObservable }) => expectObservable(timer(2).pipe(map(() => 'a'))).toBe('--(a|)'));
  });
});

describe('marbles, as a script', () => {
  it('pauses for what it yields, in virtual time', () => {
    const before = performance.now();
    marbles(function* ({ watch }) {
      const seen = watch(timer(3_600_000));
      yield 3_599_999;
      expect(seen.ended).toBeUndefined();
      yield 1;
      expect(seen).toMatchObject({ ended: 'complete', endedAtMs: 3_600_000, values: [0], atMs: [3_600_000] });
    });
    // An hour that took an hour is what this would find.
    expect(performance.now() - before).toBeLessThan(60_000);
  });

  it('fails with what it throws', () => {
    const error = failure(function* () {
      yield 5;
      expect(1).toBe(2);
    });
    expect(error.message).toContain('toBe');
  });

  it.each([-1, Number.NaN, 2 ** 31, undefined as unknown as number])('refuses to yield %p', (pause) => {
    const error = failure(function* () {
      yield pause;
    });
    expect(error.message).toContain('a script yields pauses, from 0 to 2147483647 milliseconds');
  });

  it('waits until something is so, or says what is not', () => {
    marbles(function* ({ watch }) {
      const seen = watch(timer(123));
      yield* until(() => seen.ended === 'complete');
      expect(seen.endedAtMs).toBe(123);
    });
    const error = failure(function* () {
      yield* until(() => false, 50);
    });
    expect(error.message).toMatch(/^until: still not so after 50 ms: \(\) ?=> ?false$/);
    const never = failure(function* () {
      yield* until(() => false, Number.NaN);
    });
    expect(never.message).toContain('until.withinMs');
  });

  it('has hot Observables that begin when they are made', () => {
    marbles(function* ({ hot, watch, expectRecording }) {
      yield 5;
      const seen = watch(hot('-a-b|'));
      yield 10;
      expectRecording(seen).toBe('6ms a-b|');
    });
  });

  it('waits by yield alone', () => {
    const error = failure(function* ({ flush }) {
      yield 5;
      flush();
    });
    expect(error.message).toBe('flush: virtual time is running already; a script waits by yield');
  });

  it('may state what is expected as well', () => {
    const error = failure(function* ({ watch, expectRecording }) {
      const seen = watch(of('a'));
      expectRecording(seen).toBe('(b|)');
      yield 1;
    });
    expect(error.message).toMatch(/expected +\(b\|\)\n +actual +\(a\|\)/);
  });

  it('names the value that is not there', () => {
    const error = failure(function* ({ watch }) {
      const seen = watch(of('a'));
      yield 3;
      seen.at(1);
    });
    expect(error.message).toBe('at(1): there are only 1 values at 3 ms');
  });
});

describe('chance', () => {
  const drawn = (seed?: number): number[] => {
    const numbers: number[] = [];
    marbles(() => void numbers.push(Math.random(), Math.random()), seed === undefined ? {} : { seed });
    return numbers;
  };

  it('is the same in every run, and another with another seed', () => {
    expect(drawn()).toEqual(drawn());
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
    expect(drawn(7).every((number) => number >= 0 && number < 1)).toBe(true);
  });

  it('refuses a seed that is none', () => {
    expect(() => marbles(() => {}, { seed: -1 })).toThrow('seed');
    expect(() => marbles(() => {}, { sead: 1 } as never)).toThrow('sead');
  });
});
