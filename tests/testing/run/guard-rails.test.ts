import { asapScheduler, interval, map, mergeMap, NEVER, of, repeat, takeUntil, timer } from 'rxjs';
import { autoAck, filterDelivery, mapDelivery, work } from 'sluice';
import { MemoryOffsetStore } from 'sluice/lance';
import { GuardError, marbles, type MarbleKit, type MarbleOptions, type Script } from 'sluice/testing';

/** What a test fails with. */
function failure(test: (kit: MarbleKit) => void | Script, options?: MarbleOptions): Error {
  try {
    marbles(test, options);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('a handler that returns a promise inside virtual time', () => {
  it('fails the test at once, and the message says what to do', () => {
    const error = failure(({ deliveries, expectObservable }) => {
      const source = deliveries('-a|');
      expectObservable(source.pipe(work(async (value) => value))).toBe('-a|');
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/^work: the handler returned a promise inside virtual time/);
    expect(error.message).toContain('return an Observable');
  });

  it.each([
    ['mapDelivery', mapDelivery(async (value: string) => value), 'mapDelivery: the function'],
    ['filterDelivery', filterDelivery((async () => false) as never), 'filterDelivery: the predicate'],
    ['work by', work((value: string) => value, { by: async () => 'one' }), 'work: by'],
  ])('so does one of %s, of which nobody would hear', (_, operator, who) => {
    const error = failure(({ deliveries }) => {
      deliveries('a|')
        .pipe(operator as ReturnType<typeof mapDelivery>, autoAck() as never)
        .subscribe();
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toContain(`${who} returned a promise inside virtual time`);
    expect(error.message).toContain('belongs into the handler of work');
  });

  it.each(['load', 'save'] as const)('and a store whose %s returns one', (name) => {
    const error = failure(function* ({ lance }) {
      const { newClient, append } = lance();
      append('log', 'a');
      const offsetStore = Object.assign(new MemoryOffsetStore(), { [name]: async () => undefined });
      newClient({ offsetStore }).consume('log', { name: 'n', commitCount: 1 }).pipe(autoAck()).subscribe();
      yield 1_000;
    });
    expect(error.message).toContain(`OffsetStore: ${name} returned a promise`);
    expect(error.message).toContain('MemoryOffsetStore');
  });

  it('one that returns an Observable does not', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('-a|');
      expectObservable(source.pipe(work((value) => timer(5).pipe(map(() => value))))).toBe('5ms -(a|)');
    });
  });
});

describe('a test that is async', () => {
  it.each<[string, () => void]>([
    ['a promise', async () => {}],
    [
      'an async generator, of which nothing would ever be done',
      async function* () {
        yield 1;
        throw new Error('unheard');
      },
    ],
  ])('is refused: %s', (_, test) => {
    const error = failure(test);
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toContain('use function* and yield');
  });
});

describe('a deed that is async', () => {
  it('is refused, and said when it was', () => {
    const error = failure(({ at }) => at('--a', { a: () => Promise.resolve() as never }));
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/^at: what is done at 2 ms is async/);
  });
});

describe('a timer that goes on and nothing comes of it', () => {
  it('is named when it is one of many, however late it is started', () => {
    const error = failure(({ watch }) => {
      // More than are asked where they are from.
      const many = timer(1).pipe(repeat(5_000));
      watch(many).subscription.add(() => interval(1).subscribe());
    });
    expect(error.message).toMatch(/guard-rails\.test\.ts:\d+/);
  });

  it('is named by the line that starts it', () => {
    const error = failure(() => {
      interval(1).subscribe();
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/^a timer goes on and on, and nothing comes of it: .*guard-rails\.test\.ts:\d+/);
  });

  it('a slow one is too', () => {
    const error = failure(() => {
      interval(10_000).subscribe();
    });
    expect(error.message).toMatch(/^something still goes on at 70000 ms, more than 60000 ms after/);
    expect(error.message).toMatch(/guard-rails\.test\.ts:\d+/);
  });

  it('one of which something comes may go on for hours', () => {
    let hours = 0;
    marbles(function* () {
      const clock = interval(3_600_000).subscribe(() => hours++);
      yield 100 * 3_600_000;
      clock.unsubscribe();
    });
    expect(hours).toBe(100);
  });
});

describe('what the test knows of', () => {
  it('are the moments of its diagrams, however far away', () => {
    marbles(({ cold, hot, expectSubscriptions }) => {
      cold('90s a|').subscribe();
      hot('^ 2m a|').subscribe();
      const source = cold('-');
      source.pipe(takeUntil(timer(200_000))).subscribe();
      expectSubscriptions(source.subscriptions).toBe('^ 199999ms !');
    });
  });

  it('begins at the moment at which it is said', () => {
    marbles(function* ({ cold, expectObservable }) {
      yield 100_000;
      const source = cold('-');
      expectObservable(source, '^ 300s !');
    });
  });

  it('are not what is made anew again and again', () => {
    const error = failure(({ cold }) => {
      timer(1_000)
        .pipe(
          mergeMap(() => cold('50s a|')),
          repeat(),
        )
        .subscribe();
    });
    expect(error.message).toContain('more than 60000 ms after the last thing');
  });
});

describe('time that stands still', () => {
  it('is noticed on every scheduler', () => {
    const error = failure(() => {
      interval(0, asapScheduler).subscribe();
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/guard-rails\.test\.ts:\d+/);
  });

  it('is noticed, even if something comes of it', () => {
    const error = failure(({ watch }) => void watch(interval(0)));
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/^time stands still at 0 ms: timers without a delay go on in a circle/);
    expect(error.message).toContain('nack({ delayMs: 100 })');
  });
});

describe('what is left behind at the end', () => {
  it('an unsettled delivery is named, with who saw it last', () => {
    const error = failure(({ deliveries }) => {
      deliveries('-a')
        .pipe(work(() => NEVER))
        .subscribe();
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toContain("1 unsettled: 'a' (since 1 ms, last seen by work)");
    expect(error.message).toContain('Settle each delivery');
  });

  it('a stream that is still subscribed is named', () => {
    const error = failure(({ deliveries }) => {
      deliveries('-a', undefined, { name: 'flights' })
        .pipe(work(() => of('done')))
        .subscribe();
    });
    expect(error.message).toContain('flights is still subscribed');
  });

  it('so at the end of a script, whatever polls go on', () => {
    const error = failure(function* ({ lance }) {
      const { server, client } = lance();
      server.createTopic('log');
      client.consume('log').subscribe();
      yield 1_000;
    });
    expect(error.message).toMatch(
      /^the script ended at 1000 ms, and not all had ended by then; .*:\n {2}lance:log is still subscribed/,
    );
  });

  it('what differs is shown beside it', () => {
    const error = failure(function* ({ deliveries, expectFate }) {
      const source = deliveries('-a', undefined, { name: 'flights' });
      source.subscribe();
      expectFate(source).toBe('--a');
      yield 10;
    });
    expect(error.message).toContain('fate of flights');
    expect(error.message).toContain('flights is still subscribed');
  });

  it('what is drained in the end is not', () => {
    const reports: unknown[] = [];
    marbles(function* ({ deliveries }) {
      const source = deliveries('a');
      source.pipe(work(() => timer(20))).subscribe();
      yield 5;
      source.drain().subscribe((report) => reports.push(report));
    });
    expect(reports).toEqual([expect.objectContaining({ acked: 1 })]);
  });

  it('a drain that nobody lets end is', () => {
    const error = failure(function* ({ deliveries }) {
      const source = deliveries('a');
      source.pipe(work(() => NEVER)).subscribe();
      yield 5;
      source.drain({ deadlineMs: 2_000_000 }).subscribe();
    });
    expect(error.message).toContain('deliveries is still subscribed, 1 unsettled');
  });

  it('what ends within the last millisecond of a script is not', () => {
    marbles(function* ({ deliveries, expectFate }) {
      const source = deliveries('a 9ms |');
      expectFate(source).toBe('5ms a 4ms |');
      source.pipe(work(() => timer(5))).subscribe();
      yield 10;
    });
  });

  it('what ends while expectations go on is not', () => {
    marbles(function* ({ deliveries, expectFate }) {
      const source = deliveries('a 100ms b|');
      source.pipe(autoAck()).subscribe();
      expectFate(source).toBe('a 100ms a|');
      yield 10;
    });
  });

  it('what begins when the script has ended is named', () => {
    const error = failure(function* ({ deliveries }) {
      timer(10).subscribe(() => deliveries('a').subscribe());
      yield 5;
    });
    expect(error.message).toContain('deliveries is still subscribed');
  });

  it('leaveOpen lets expectations go on to their end', () => {
    marbles(
      function* ({ deliveries, expectFate }) {
        const source = deliveries('a 100ms b');
        source.pipe(autoAck()).subscribe();
        expectFate(source).toBe('a 100ms a');
        yield 10;
      },
      { leaveOpen: true },
    );
  });

  it('leaveOpen allows it, and the run ends all the same', () => {
    let batches = 0;
    marbles(
      function* ({ lance }) {
        const { server, client } = lance();
        server.append('log', Uint8Array.of(1, 1, 0, 0, 0, 7));
        client.consume('log').subscribe(() => batches++);
        yield 1_000;
      },
      { leaveOpen: true },
    );
    expect(batches).toBe(1);
  });
});

describe('a test that goes on', () => {
  it('ends a minute after the last thing it knows of, and limitMs is its measure', () => {
    const polls = function* ({ lance }: MarbleKit): Script {
      const { client } = lance();
      client.ping().subscribe();
      interval(50).subscribe(() => client.ping().subscribe());
      yield 1_000;
    };
    const { message } = failure(polls, { limitMs: 5_000 });
    expect(message).toContain('more than 5000 ms after the last thing that the test knows of');
    // Most of the timers are those of the wire: what led to them is told.
    expect(message).toMatch(/started at .*guard-rails\.test\.ts:\d+/);
  });

  it('a script that is cut short says so', () => {
    const error = failure(function* () {
      yield 1;
      throw new Error('mine');
    });
    expect(error.message).toBe('mine');
  });
});
