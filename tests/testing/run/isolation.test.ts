// What a run leaves of itself to the next one, and to the world around it: nothing.
import {
  animationFrameScheduler,
  asapScheduler,
  asyncScheduler,
  from,
  interval,
  NEVER,
  observeOn,
  of,
  queueScheduler,
  timer,
} from 'rxjs';
import { work } from 'sluice';
import { MemoryOffsetStore } from 'sluice/lance';
import { everyCrashPoint, marbles, testPipeline, until, type MarbleKit, type Script } from 'sluice/testing';

function failure(test: (kit: MarbleKit) => void | Script): Error {
  try {
    marbles(test);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('a run that is cut short', () => {
  it.each([
    ['asapScheduler', asapScheduler],
    ['animationFrameScheduler', animationFrameScheduler],
    ['asyncScheduler', asyncScheduler],
    ['queueScheduler', queueScheduler],
  ])('leaves %s as it was', (_, scheduler) => {
    const seen: number[] = [];
    const emits = (value: number) => (): void => {
      of(value)
        .pipe(observeOn(scheduler))
        .subscribe((each) => seen.push(each));
    };
    failure(({ animate }) => {
      animate('--x');
      emits(1)();
      throw new Error('mine');
    });
    const before = [...seen];
    marbles(({ animate }) => {
      animate('--x');
      emits(2)();
    });
    expect(seen).toEqual([...before, 2]);
  });

  it('gives a script time to put things in order', () => {
    const cleaned: string[] = [];
    const error = failure(function* ({ deliveries, watch }) {
      const seen = watch(deliveries('a').pipe(work(async (value) => value)));
      try {
        yield 10;
      } finally {
        seen.unsubscribe();
        cleaned.push(`${seen.values.length}`);
      }
    });
    expect(error.message).toContain('returned a promise');
    expect(cleaned).toEqual(['0']);
  });

  it('fails with why it was cut short, whatever putting in order comes to', () => {
    const error = failure(function* ({ deliveries }) {
      deliveries('a')
        .pipe(work(async (value) => value))
        .subscribe();
      try {
        yield 10;
      } finally {
        expect('too late').toBe('');
      }
    });
    expect(error.message).toContain('returned a promise');
  });

  it('goes on in no other time when a promise settles', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval');
    try {
      failure(function* ({ flo }) {
        const { client, enqueue } = flo();
        enqueue('q', 'a');
        client.queue
          .messages('q')
          .pipe(work(async () => 'done'))
          .subscribe();
        yield 1_000;
      });
      failure(function* ({ lance }) {
        const { newClient, append } = lance();
        append('log', 'a');
        const offsetStore = Object.assign(new MemoryOffsetStore(), { load: () => from(Promise.resolve(0n)) });
        newClient({ offsetStore }).consume('log', { name: 'n' }).subscribe();
        yield 1_000;
      });
      await new Promise(setImmediate);
      expect(timers).not.toHaveBeenCalled();
    } finally {
      timers.mockRestore();
    }
  });

  it('so does a scenario of everyCrashPoint', () => {
    let open = 0;
    const scenario = function* ({ flo }: MarbleKit): Generator<number, void> {
      open++;
      try {
        flo().client.ping().subscribe();
        yield* until(() => false, 20);
      } finally {
        open--;
      }
    };
    expect(() => everyCrashPoint(scenario, () => {})).toThrow('still not so');
    const aborted = function* ({ deliveries }: MarbleKit): Generator<number, void> {
      open++;
      try {
        deliveries('a')
          .pipe(work(async (value) => value))
          .subscribe();
        yield 10;
      } finally {
        open--;
      }
    };
    expect(() => everyCrashPoint(aborted, () => {})).toThrow('returned a promise');
    expect(open).toBe(0);
  });
});

describe('a run inside of a run', () => {
  it.each<[string, () => void]>([
    ['marbles', () => marbles(() => {})],
    ['testPipeline', () => void testPipeline(() => NEVER)],
    [
      'everyCrashPoint',
      () =>
        void everyCrashPoint(
          function* () {},
          () => {},
        ),
    ],
  ])('%s is refused, and the outer one goes on as if nothing had been', (_, inner) => {
    const outer = (kit: MarbleKit): void => {
      expect(inner).toThrow('one run at a time');
      const source = kit.deliveries('-a|');
      kit.expectObservable(source.pipe(work((value) => value))).toBe('-a|');
      kit.expectFate(source).toBe('-a|');
    };
    marbles(outer);
    // Its guard rails stand: an idle timer is found, and so is a promise.
    const idle = failure((kit) => {
      outer(kit);
      interval(1).subscribe();
    });
    expect(idle.message).toContain('nothing comes of it');
    const promising = failure((kit) => {
      outer(kit);
      kit
        .deliveries('a|')
        .pipe(work(async (value) => value))
        .subscribe();
    });
    expect(promising.message).toContain('returned a promise');
  });
});

describe('a run in the midst of real time', () => {
  it('is untouched by the timer that it stands in, and leaves the other timers alone', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      timer(0).subscribe(() => {
        // Both wait in the scheduler that is at work right now.
        of('asap')
          .pipe(observeOn(asapScheduler))
          .subscribe((each) => order.push(each));
        timer(0).subscribe(() => {
          order.push('real');
          resolve();
        });
        marbles(function* ({ watch }) {
          const seen = watch(timer(5));
          const soon = watch(of(1).pipe(observeOn(asapScheduler)));
          yield 10;
          expect([seen.values, soon.values]).toEqual([[0], [1]]);
          order.push('virtual');
        });
      });
    });
    expect(order).toEqual(['virtual', 'asap', 'real']);
  });

  it('is the same under fake timers of a test runner, which go by themselves', () => {
    jest.useFakeTimers();
    try {
      let fired = 0;
      setTimeout(() => fired++, 5);
      marbles(function* ({ watch, flo }) {
        const pong = watch(flo().client.ping());
        yield 100;
        expect(pong.ended).toBe('complete');
      });
      expect(fired).toBe(0);
      jest.advanceTimersByTime(5);
      expect(fired).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves a spy where it was', () => {
    const spy = jest.spyOn(asyncScheduler, 'schedule');
    try {
      marbles(({ expectObservable }) => expectObservable(timer(2)).toBe('--(a|)', { a: 0 }));
      expect(asyncScheduler.schedule).toBe(spy);
    } finally {
      spy.mockRestore();
    }
  });
});
