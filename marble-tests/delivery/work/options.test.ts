import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work, type WorkOptions } from '../../../src/observables/delivery/operators/work.js';
import { marbles } from '../../../src/testing.js';

const WORK = 'concurrency, by, timeoutMs, onError';
const ON_ERROR = 'retry, when, then';
const RETRY = 'maxAttempts, initialMs, maxMs';
const VERDICT = "must be 'nack', 'dead', 'ack' or 'fail', or an object with retry, when and then";

/** What the compiler would not let pass: users may have no types. */
const wrong: readonly (readonly [options: unknown, option: string, value: unknown, rule: string])[] = [
  [4, 'work', 4, `must be an object with ${WORK}`],
  [null, 'work', null, `must be an object with ${WORK}`],
  [{ parallel: 4 }, 'work.parallel', 4, `is not an option, there are ${WORK}`],
  [{ timeout: 4 }, 'work.timeout', 4, `is not an option (did you mean timeoutMs?), there are ${WORK}`],
  [{ by: 'user' }, 'work.by', 'user', 'must be a function of the value'],
  [{ onError: 3 }, 'onError', 3, VERDICT],
  [{ onError: null }, 'onError', null, VERDICT],
  [{ onError: ['dead'] }, 'onError', ['dead'], `must be an object with ${ON_ERROR}`],
  [{ onError: { retries: 3 } }, 'onError.retries', 3, `is not an option (did you mean retry?), there are ${ON_ERROR}`],
  [{ onError: { maxAttempts: 3 } }, 'onError.maxAttempts', 3, `is not an option, there are ${ON_ERROR}`],
  [{ onError: { when: 'network' } }, 'onError.when', 'network', 'must be a function of the error'],
  [{ onError: { retry: 3 } }, 'onError.retry', 3, `must be an object with ${RETRY}`],
  [{ onError: { retry: null } }, 'onError.retry', null, `must be an object with ${RETRY}`],
  [{ onError: { retry: false } }, 'onError.retry', false, `must be an object with ${RETRY}`],
  [{ onError: { retry: { maxRetries: 3 } } }, 'onError.retry.maxRetries', 3, `is not an option, there are ${RETRY}`],
  [
    { onError: { retry: { initial: 3 } } },
    'onError.retry.initial',
    3,
    `is not an option (did you mean initialMs?), there are ${RETRY}`,
  ],
];

describe('work refuses what it would not understand', () => {
  it.each(wrong)('%j', (options, option, value, rule) => {
    expect(() => work(() => 1, options as WorkOptions<never>)).toThrow(new InvalidOptionError(option, value, rule));
  });

  it.each(wrong.filter(([, option]) => option.startsWith('onError')))('%j, found by error', (options, ...expected) => {
    marbles(({ deliveries, expectObservable }) => {
      const { onError } = options as { onError: never };
      const handler = (): never => {
        throw new Error('no');
      };
      const handled = deliveries('   -a|').pipe(work(handler, { onError: () => onError }));

      expectObservable(handled).toBe('-#', undefined, { code: 'HANDLER', cause: new InvalidOptionError(...expected) });
    });
  });

  it('but not what is left open', () => {
    const open = { concurrency: undefined, by: undefined, timeoutMs: undefined, onError: undefined };
    expect(work(() => 1, open as never)).toBeInstanceOf(Function);
    expect(work(() => 1, { onError: { retry: undefined, when: undefined, then: undefined } as never })).toBeInstanceOf(
      Function,
    );
  });
});
