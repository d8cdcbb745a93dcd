import { SluiceError } from '../../../src/foundation/errors.js';
import { HandlerError } from '../../../src/observables/delivery/errors.js';
import {
  work,
  type OnError,
  type Verdict,
  type WorkContext,
} from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

const cause = new Error('no b');
const noB = (value: string): string => {
  if (value === 'b') throw cause;
  return value;
};

/** Every pause is as long as it can be. */
const longest = { jitter: 'none' } as const;

describe('work: verdicts', () => {
  it('ack: gives the delivery up without a result', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|');

      expectObservable(source.pipe(work(noB, { onError: 'ack' }))).toBe('-a-c|');
      expectFate(source).toBe('      -aaa|');
    });
  });

  it('dead: to the dead letters, with the number of tries', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|');

      expectObservable(source.pipe(work(noB, { onError: 'dead' }))).toBe('-a-c|');
      expectFate(source).toBe('      -ada|', { d: { fate: 'dead', value: 'b', attempts: 1 } });
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
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|', undefined, { name: 'log', deadLetters: false });
      const message =
        'work failed on lance:log@1, attempt 1: no b ' +
        '(lance:log has nowhere to put dead letters: give it the option deadLetters)';

      expectObservable(source.pipe(work(noB, { onError }))).toBe('-a#', undefined, { code: 'HANDLER', message, cause });
      expectFate(source).toBe('      -ax', { x: { fate: 'abandoned', value: 'b' } });
    }, longest);
  });

  it('dead: a queue whose server keeps no dead letters says what else there is', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('     -b|', undefined, { hot: true, deadLetters: false });

      expectObservable(queue.pipe(work(noB, { onError: 'dead' }))).toBe(
        '-#',
        undefined,
        /decide 'nack', 'ack' or 'fail'/,
      );
      expectFate(queue).toBe('       -x');
    });
  });

  it('nack: comes again, each time after a longer while', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|');
      const fourth = (value: string, { attempt }: { attempt: number }): string => {
        if (value === 'b' && attempt < 4) throw cause;
        return value;
      };
      const handled = source.pipe(work(fourth, { onError: 'nack' }));
      // 2, then after 200, 400 and 800 ms.
      const again = {
        n: { fate: 'nacked', delayMs: 200 },
        m: { delayMs: 400 },
        o: { delayMs: 800 },
        b: { attempt: 4 },
      };

      expectObservable(handled).toBe('-a 1400ms (b|)');
      expectFate(source).toBe('      -an 199ms m 399ms o 799ms (b|)', again);
    }, longest);
  });

  it('fail: errors with a HandlerError that names the delivery; it is not retryable', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|', undefined, { name: 'log' });
      const context = { system: 'lance', name: 'log', position: 1n, attempt: 1 };
      const error = new HandlerError('work failed on lance:log@1, attempt 1: no b', { cause, context });

      expectObservable(source.pipe(work(noB, { onError: 'fail' }))).toBe('-a#', undefined, error);
      expectFate(source).toBe('      -ax', { x: { fate: 'abandoned', value: 'b', by: 'work' } });
      expect(error).toMatchObject({ code: 'HANDLER', retryable: false });
    });
  });

  it('a function decides error by error', () => {
    const asked: unknown[] = [];
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abcd|');
      const verdicts: Record<string, Verdict> = { a: 'dead', b: 'ack', c: 'nack' };
      const fails = (value: string, { attempt }: { attempt: number }): string => {
        if (value !== 'd' && attempt === 1) throw value;
        return value;
      };
      const onError = (error: unknown, { delivery, attempt }: WorkContext<Delivery<string>>): Verdict => {
        asked.push([error, delivery.value, attempt]);
        return verdicts[String(error)] ?? 'fail';
      };

      expectObservable(source.pipe(work(fails, { onError }))).toBe('----d 198ms (c|)');
      expectFate(source).toBe('      -dana 198ms (a|)');
    }, longest);
    expect(asked).toEqual([
      ['a', 'a', 1],
      ['b', 'b', 1],
      ['c', 'c', 1],
    ]);
  });

  it('a function may give a policy', () => {
    marbles(({ deliveries, expectObservable }) => {
      const second = (value: string, { attempt }: { attempt: number }): string => {
        if (attempt === 1) throw cause;
        return value;
      };
      const onError = () => ({ retry: { maxAttempts: 2, initialMs: 3 } });
      const handled = deliveries('    -a|').pipe(work(second, { onError }));

      expectObservable(handled).toBe('----(a|)');
    }, longest);
  });

  it('a function that throws, or makes no sense, fails with its own error', () => {
    marbles(({ deliveries, expectObservable }) => {
      const broken = new Error('broken policy');
      const throws = (): never => {
        throw broken;
      };
      const throwing = deliveries('      -b|').pipe(work(noB, { onError: throws }));
      const senseless = deliveries('     -b|').pipe(work(noB, { onError: () => 'skip' as never }));

      expectObservable(throwing).toBe('  -#', undefined, { code: 'HANDLER', cause: broken });
      expectObservable(senseless).toBe(' -#', undefined, { code: 'HANDLER' });
    });
  });

  it('one record never kills the stream, unless the policy says so', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abababab|');

      expectObservable(source.pipe(work(noB, { onError: 'dead' }))).toBe('-a-a-a-a-|');
      expectFate(source).toBe('      -adadadad|');
    });
  });
});
