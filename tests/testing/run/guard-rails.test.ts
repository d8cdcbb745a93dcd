import { interval, map, NEVER, of, timer } from 'rxjs';
import { work } from 'sluice';
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

  it('one that returns an Observable does not', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('-a|');
      expectObservable(source.pipe(work((value) => timer(5).pipe(map(() => value))))).toBe('5ms -(a|)');
    });
  });
});

describe('a test that is a promise', () => {
  it('is refused', () => {
    const test = (async () => {}) as unknown as () => void;
    expect(failure(test).message).toContain('use function* and yield');
  });
});

describe('a timer that goes on and nothing comes of it', () => {
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
    expect(error.message).toMatch(/^something still goes on at \d+ ms, 60000 ms after/);
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

describe('time that stands still', () => {
  it('is noticed: a nack without a delay comes again in the same millisecond', () => {
    const error = failure(({ deliveries }) => {
      deliveries('-a|').subscribe((delivery) => delivery.nack());
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toMatch(/^time stands still at 1 ms: timers without a delay go on in a circle/);
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
      /^the test ends at 1000 ms, and not all of it has ended:\n {2}lance:log is still subscribed/,
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
    expect(failure(polls, { limitMs: 5_000 }).message).toContain('5000 ms after the last thing that the test knows of');
  });

  it('a script that is cut short says so', () => {
    const error = failure(function* () {
      yield 1;
      throw new Error('mine');
    });
    expect(error.message).toBe('mine');
  });
});
