import { retry, tap, timer, type Observable } from 'rxjs';
import { work } from 'sluice';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import type { CrashOptions } from '../../../src/testing/exhaustive/crash-options.js';
import { CrashPointError } from '../../../src/testing/exhaustive/crash-point-error.js';
import { everyCrashPoint, type CrashScenario } from '../../../src/testing/exhaustive/every-crash-point.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { until } from '../../../src/testing/run/script.js';

/** A program asks for the topics until it hears of them, and notes how many times it had been started then. */
const ask: CrashScenario<number[]> = function* ({ lance, crashable }) {
  const { append, newClient } = lance();
  append('log', 'a');
  const heard: number[] = [];
  crashable((start) => {
    newClient()
      .listTopics()
      .pipe(retry({ delay: 50 }))
      .subscribe(() => heard.push(start));
  });
  yield* until(() => heard.length > 0);
  return heard;
};

/** What was tried, in order, and what came of it. */
function triedBy<R>(scenario: CrashScenario<R>, options?: CrashOptions): [string, R][] {
  const tried: [string, R][] = [];
  const { points } = everyCrashPoint(scenario, (result, point) => point && tried.push([point.words, result]), options);
  expect(points).toBe(tried.length);
  return tried;
}

function failure<R>(scenario: CrashScenario<R>, check: (result: R) => void, options?: CrashOptions): CrashPointError {
  try {
    everyCrashPoint(scenario, check, options);
  } catch (error) {
    if (error instanceof CrashPointError) return error;
    throw error;
  }
  throw new Error('it survives');
}

describe('everyCrashPoint', () => {
  it('lets all crash that can, between any two turns and before each frame, and all comes back', () => {
    const cut = ': what was sent arrives, what is to come is lost';
    const reset = ': all that is under way is lost';
    const betweenTurns = (atMs: number): [string, number[]][] => [
      [`the connections to lance break at ${atMs} ms${cut}`, [1]],
      [`the connections to lance break at ${atMs} ms${reset}`, [1]],
      [`lance crashes at ${atMs} ms`, [1]],
      [`the program crashes at ${atMs} ms`, [2]],
    ];
    expect(triedBy(ask)).toEqual([
      ['the program crashes at 0 ms, before the client connects', [2]],
      ...betweenTurns(10),
      ...betweenTurns(20),
      [`the connections to lance break at 20 ms, before ListTopics is sent${cut}`, [1]],
      ['the program crashes at 20 ms, before ListTopics is sent', [2]],
      ...betweenTurns(30),
      ...betweenTurns(40),
    ]);
  });

  it('breaks a connection behind each of the frames that come at once', () => {
    function* twoAtOnce({ flo }: MarbleKit): Generator<number, number> {
      const { client, enqueue, server } = flo();
      enqueue('q', 'a', 'b');
      let answers = 0;
      for (let i = 0; i < 2; i++) {
        client.queue
          .dequeue('q')
          .pipe(retry({ delay: 50 }))
          .subscribe(() => answers++);
      }
      yield* until(() => answers === 2);
      return server.queue('q').leased;
    }
    const inTurns = triedBy(twoAtOnce, { crashes: ['connection'] }).filter(([words]) => /before|behind/.test(words));
    expect(inTurns.map(([words]) => words.replace(/:.*/, ''))).toEqual([
      'the connections to flo break at 20 ms, before Dequeue is sent',
      'the connections to flo break at 20 ms, before Dequeue is sent',
      'the connections to flo break at 40 ms, behind Messages',
    ]);
  });

  it('takes a message of cold for a turn, as any timer of a program', () => {
    function* handled({ flo, crashable, cold }: MarbleKit): Generator<number, string[]> {
      const { newClient, enqueue, server } = flo();
      enqueue('q', 'a');
      const told: string[] = [];
      crashable((start) => {
        const tasks = newClient().queue.messages('q', { visibilityTimeoutMs: 200 });
        const handler = (): Observable<string> => {
          told.push(`${start} begins`);
          return cold('5ms (a|)').pipe(tap(() => told.push(`${start} ends`)));
        };
        tasks.pipe(work(handler)).subscribe();
      });
      yield* until(() => told.length > 0 && server.queue('q').leased + server.queue('q').ready === 0);
      return told;
    }
    const tried = triedBy(handled, { crashes: ['process'] });
    expect(tried).toContainEqual(['the program crashes at 45 ms', ['1 begins', '2 begins', '2 ends']]);
  });

  it('counts them by what crashes, tries only what is asked for, or one alone', () => {
    const points = 19;
    const byKind = { connection: 9, server: 4, process: 6 };
    expect(everyCrashPoint(ask, () => {})).toEqual({ points, byKind });
    expect(everyCrashPoint(ask, () => {}, { crashes: ['server'] })).toEqual({
      points: 4,
      byKind: { connection: 0, server: 4, process: 0 },
    });
    const tried: unknown[] = [];
    everyCrashPoint(ask, (_, point) => tried.push(point), { only: 5 });
    const words = 'the program crashes at 10 ms';
    expect(tried).toEqual([undefined, { number: 5, crash: 'process', atMs: 10, words }]);
  });

  it('has no points but those with connections, if there is no program', () => {
    function* alone({ flo }: MarbleKit): Generator<number, void> {
      let got = 0;
      flo()
        .client.ping()
        .pipe(retry({ delay: 50 }))
        .subscribe(() => got++);
      yield* until(() => got > 0);
    }
    expect(everyCrashPoint(alone, () => {}).byKind).toEqual({ connection: 9, server: 4, process: 0 });
    expect(() => everyCrashPoint(alone, () => {}, { crashes: ['server', 'process'] })).toThrow(
      'the scenario has nothing of the kind process',
    );
  });

  it('lets each of several programs and servers crash alone', () => {
    function* two({ lance, lightning, crashable }: MarbleKit): Generator<number, string> {
      const log = lance();
      const store = lightning();
      const heard = { log: 0, store: 0 };
      crashable((start) => {
        const topics = log.newClient().listTopics();
        topics.pipe(retry({ delay: 50 })).subscribe(() => (heard.log ||= start));
      });
      crashable((start) => {
        const statistics = store.newClient().statistics();
        statistics.pipe(retry({ delay: 50 })).subscribe(() => (heard.store ||= start));
      });
      yield* until(() => heard.log > 0 && heard.store > 0);
      return `log ${heard.log}, store ${heard.store}`;
    }
    const tried = triedBy(two);
    const outcomes = (who: RegExp): string[] => [
      ...new Set(tried.filter(([words]) => who.test(words)).map(([, result]) => result)),
    ];
    expect(outcomes(/^the program crashes/)).toEqual(['log 2, store 1']);
    // It had its answer before it died, or not.
    expect(outcomes(/^program 2 crashes/)).toEqual(['log 1, store 2', 'log 1, store 1']);
    expect(outcomes(/^lance crashes|^lightning crashes|connections/)).toEqual(['log 1, store 1']);
    expect(new Set(tried.map(([words]) => words.split(/ (crashes|break)/, 1)[0]))).toEqual(
      new Set([
        'the program',
        'program 2',
        'lance',
        'lightning',
        'the connections to lance',
        'the connections to lightning',
      ]),
    );
  });
});

describe('what fails', () => {
  it('is drawn: what was on the wire, the crash, what came of it, and what the check says', () => {
    const { message, point, cause } = failure(ask, (heard) => expect(heard).toEqual([1]), { restartMs: 30 });
    expect(message).toMatch(
      /^everyCrashPoint: it goes wrong when the program crashes at 0 ms, before the client connects$/m,
    );
    expect(message.split('\n').slice(1, 9).join('\n')).toBe(
      [
        '',
        '  →    0 ms     the program crashes at 0 ms, before the client connects',
        '       0 ms  C  connects',
        '       0 ms  X  the client closes the connection',
        '  →   30 ms     the program begins again',
        '      30 ms  C  connects on connection 2',
        '      50 ms  o  the connection is open on connection 2',
        '      50 ms  L  ListTopics on connection 2',
      ].join('\n'),
    );
    expect(message).toContain('\n   expect(received).toEqual(expected)');
    expect(message).toContain('\n   This is point 1 of 19, and the earliest that fails. It alone: { only: 1 }\n');
    expect(point).toMatchObject({ number: 1, crash: 'process', atMs: 0 });
    expect(cause).toHaveProperty('matcherResult');
  });

  it('is the earliest', () => {
    const check = (heard: readonly number[]): void => expect(heard).toEqual([1]);
    expect(failure(ask, check, { only: 15 }).point.atMs).toBe(30);
    expect(failure(ask, check).point.atMs).toBe(0);
  });

  it('and does so without crashes too, is told as it is', () => {
    const mine = new Error('mine');
    const fails = (): never => {
      throw mine;
    };
    expect(() => everyCrashPoint(ask, fails)).toThrow(mine);
    function* broken(): Generator<number, void> {
      yield 1;
      throw mine;
    }
    expect(() => everyCrashPoint(broken, () => {})).toThrow(mine);
  });

  it('is also what the scenario throws, or nobody catches', () => {
    function* impatient({ lance }: MarbleKit): Generator<number, void> {
      let heard = 0;
      lance()
        .client.listTopics()
        .subscribe(() => heard++);
      yield* until(() => heard > 0);
    }
    const { message, cause } = failure(impatient, () => {});
    expect(message).toContain('ECONNRESET');
    expect(cause).toBeInstanceOf(Error);
  });

  it('is a scenario that is not the same each time', () => {
    let runs = 0;
    function* changing({ lance }: MarbleKit): Generator<number, void> {
      let heard = 0;
      const latencyMs = ++runs > 2 ? 5 : 10;
      lance({ latencyMs })
        .client.listTopics()
        .pipe(retry({ delay: 50 }))
        .subscribe(() => heard++);
      yield* until(() => heard > 0);
    }
    expect(failure(changing, () => {}).message).toContain('the scenario went another way than before');
  });
});

describe('what is not possible', () => {
  const wrong =
    (options: CrashOptions, scenario: CrashScenario<unknown> = ask) =>
    (): unknown =>
      everyCrashPoint(scenario, () => {}, options);

  it.each([
    [{ crash: ['server'] }, 'everyCrashPoint.crash: is not an option (did you mean crashes?)'],
    [{ crashes: [] }, 'everyCrashPoint.crashes: must be some of connection, server, process'],
    [{ crashes: ['disk'] }, 'everyCrashPoint.crashes: must be some of'],
    [{ downMs: -1 }, 'everyCrashPoint.downMs: must be a number of milliseconds'],
    [{ restartMs: Number.NaN }, 'everyCrashPoint.restartMs: must be a number of milliseconds'],
    [{ only: 0 }, 'everyCrashPoint.only: must be an integer from 1'],
    [{ only: 20 }, 'everyCrashPoint.only: must be one of the 19 points, got 20'],
  ])('%j is refused', (options, message) => {
    expect(wrong(options as CrashOptions)).toThrow(InvalidOptionError);
    expect(wrong(options as CrashOptions)).toThrow(message);
  });

  it('a scenario in which nothing can crash', () => {
    function* nothing(): Generator<number, void> {
      timer(5).subscribe();
      yield 10;
    }
    expect(wrong({}, nothing)).toThrow('the scenario has neither a server nor a program');
  });
});
