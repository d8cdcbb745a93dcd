import { work, type OnError, type Verdict } from '../../../src/observables/delivery/operators/work.js';
import { HandlerError } from '../../../src/observables/delivery/errors.js';
import { SluiceError } from '../../../src/foundation/errors.js';
import { HotQueue } from '../support/hot-queue.js';
import { longestDelays } from '../support/jitter.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

const cause = new Error('no b');
const noB = (value: string): string => {
  if (value === 'b') throw cause;
  return value;
};

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

describe('work: verdicts', () => {
  it('ack: gives the delivery up without a result', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const expected = '-a-(c|)';

      expectObservable(log.stream.pipe(work(noB, { onError: 'ack' }))).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 3 });
    });
  });

  it('dead: to the dead letters, with the number of tries', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { dead: 'done' });
      const expected = '-a-(c|)';

      expectObservable(log.stream.pipe(work(noB, { onError: 'dead' }))).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 2, dead: 1 });
      expect(log.letters).toEqual([{ value: 'b', reason: undefined, attempts: 1 }]);
    });
  });

  it('dead: settled only when the letter is written', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { dead: 'wait', deadMs: 5 });
      const expected = '-a-c---|';

      expectObservable(log.stream.pipe(work(noB, { onError: 'dead' }))).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 2, dead: 1 });
    });
  });

  it('dead: a letter that can not be written is an error of the session, and nothing is lost', () => {
    run(({ expectObservable, flush }) => {
      const deadFails = new SluiceError('no room');
      const log = new ScriptedLog('abc', { dead: 'wait', deadMs: 5, deadFails });
      const expected = '-a-c---#';

      expectObservable(log.stream.pipe(work(noB, { onError: 'dead' }))).toBe(expected, undefined, deadFails);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 2, dead: 0, abandoned: 1 });
      expect(log.position).toBe(1);
    });
  });

  it.each<[string, Verdict | OnError]>([
    ['as a verdict', 'dead'],
    ['as the end of a policy', { then: 'dead' }],
    ['by default', {}],
  ])('dead, %s: where there is no way for dead letters, the error says so beside what went wrong', (_name, onError) => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const error = new HandlerError(
        'work failed on lance:log@1, attempt 1: no b ' +
          '(lance:log has nowhere to put dead letters: give it the option deadLetters)',
        { cause },
      );

      expectObservable(log.stream.pipe(work(noB, { onError }))).toBe('-a#', undefined, error);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1, late: 0 });
    });
  });

  it('dead: a queue whose server keeps no dead letters says what else there is', () => {
    run(({ flush }) => {
      const queue = new HotQueue('b', { takesDead: false });
      const errors: unknown[] = [];
      queue.stream.pipe(work(noB, { onError: 'dead' })).subscribe({ error: (error: unknown) => errors.push(error) });
      flush();
      expect(errors).toEqual([expect.objectContaining({ code: 'HANDLER', cause })]);
      expect((errors[0] as Error).message).toContain("decide 'nack', 'ack' or 'fail'");
      expect(queue.told).toEqual(['back b1 1', 'close 1']);
    });
  });

  it('nack: comes again, each time after a longer while', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const tries: number[] = [];
      const handler = (value: string, { attempt }: { attempt: number }): string => {
        if (value === 'a') return value;
        tries.push(attempt);
        if (attempt < 4) throw cause;
        return value;
      };
      // 2, then after 200, 400 and 800 ms.
      const expected = '-a 1400ms (b|)';

      expectObservable(log.stream.pipe(work(handler, { onError: 'nack' }))).toBe(expected);
      flush();
      expect(tries).toEqual([1, 2, 3, 4]);
      expect(log.stream.fate()).toEqual({ delivered: 5, acked: 2, nacked: 3, dead: 0, abandoned: 0, late: 0 });
    });
  });

  it('fail: errors with a HandlerError that names the delivery; it is not retryable', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const error = new HandlerError('work failed on lance:log@1, attempt 1: no b', { cause });

      expectObservable(log.stream.pipe(work(noB, { onError: 'fail' }))).toBe('-a#', undefined, error);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
      expect(log.position).toBe(1);
    });
  });

  it('fail: the error knows code, cause and context', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('b');
      let seen: unknown;
      log.stream.pipe(work(noB, { onError: 'fail' })).subscribe({ error: (error: unknown) => (seen = error) });
      flush();
      expect(seen).toBeInstanceOf(HandlerError);
      expect(seen).toMatchObject({
        code: 'HANDLER',
        retryable: false,
        cause,
        context: { system: 'lance', name: 'log', position: 0n, attempt: 1 },
      });
    });
  });

  it('a function decides error by error', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd', { dead: 'done' });
      const asked: unknown[] = [];
      const verdicts: Record<string, Verdict> = { a: 'dead', b: 'ack', c: 'nack' };
      const results = log.stream.pipe(
        work(
          (value, { attempt }) => {
            if (value !== 'd' && attempt === 1) throw value;
            return value;
          },
          {
            onError: (error, { delivery, attempt }) => {
              asked.push([error, delivery.value, attempt]);
              return verdicts[String(error)] ?? 'fail';
            },
          },
        ),
      );

      expectObservable(results).toBe('----d 198ms (c|)');
      flush();
      expect(asked).toEqual([
        ['a', 'a', 1],
        ['b', 'b', 1],
        ['c', 'c', 1],
      ]);
      expect(log.stream.fate()).toMatchObject({ delivered: 5, acked: 3, nacked: 1, dead: 1 });
    });
  });

  it('a function may give a policy', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      const handler = (value: string, { attempt }: { attempt: number }): string => {
        if (attempt === 1) throw cause;
        return value;
      };
      const onError = () => ({ retry: { maxAttempts: 2, initialMs: 3 } });

      expectObservable(log.stream.pipe(work(handler, { onError }))).toBe('----(a|)');
    });
  });

  it('a function that throws, or makes no sense, fails with its own error', () => {
    run(({ expectObservable }) => {
      const broken = new Error('broken policy');
      const throwing = new ScriptedLog('b').stream.pipe(
        work(noB, {
          onError: () => {
            throw broken;
          },
        }),
      );
      const senseless = new ScriptedLog('b').stream.pipe(work(noB, { onError: () => 'skip' as never }));

      expectObservable(throwing).toBe(
        '-#',
        undefined,
        new HandlerError('work failed on lance:log@0, attempt 1: broken policy', { cause: broken }),
      );
      expectObservable(senseless).toBe('-#', undefined, expect.objectContaining({ code: 'HANDLER' }));
    });
  });

  it('one record never kills the stream, unless the policy says so', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abababab', { dead: 'done' });
      const expected = '-a-a-a-a|';

      expectObservable(log.stream.pipe(work(noB, { onError: 'dead' }))).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 8, acked: 4, dead: 4 });
    });
  });
});
