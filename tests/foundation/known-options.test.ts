import { InvalidOptionError } from '../../src/foundation/errors.js';
import { onlyKnown } from '../../src/foundation/known-options.js';

interface Options {
  readonly host?: string;
  readonly timeoutMs?: number;
  readonly maxAttempts?: number;
}

const NAMES = { host: true, timeoutMs: true, maxAttempts: true } as const;

/** What the compiler would not let pass: users may have no types. */
function check(options: unknown): unknown {
  return onlyKnown('client', options as Options, NAMES);
}

describe('onlyKnown', () => {
  it('returns the very options when it knows them all', () => {
    const options: Options = { host: 'a', timeoutMs: 5 };
    expect(onlyKnown('client', options, NAMES)).toBe(options);
    expect(check({})).toEqual({});
    expect(check(Object.assign(Object.create(null), { host: 'a' }))).toEqual({ host: 'a' });
  });

  it('says nothing of values, nor of what is inherited', () => {
    class Config implements Options {
      host = 'a';
      withHost(): this {
        return this;
      }
    }
    const config = new Config();
    expect(check(config)).toBe(config);
    expect(check({ host: 3 })).toEqual({ host: 3 });
  });

  it.each<[string, object, string, string]>([
    ['a misspelling', { timoutMs: 5 }, 'client.timoutMs', ' (did you mean timeoutMs?)'],
    ['a missing unit', { timeout: 5 }, 'client.timeout', ' (did you mean timeoutMs?)'],
    ['another case', { HOST: 5 }, 'client.HOST', ' (did you mean host?)'],
    ['nothing near', { retries: 5 }, 'client.retries', ''],
    ['what every object has', { constructor: 5 }, 'client.constructor', ''],
    ['the first of several', { host: 'a', parallel: 5, retries: 3 }, 'client.parallel', ''],
  ])('refuses %s', (_, options, option, hint) => {
    const rule = `is not an option${hint}, there are host, timeoutMs, maxAttempts`;
    expect(() => check(options)).toThrow(new InvalidOptionError(option, 5, rule));
  });

  it('refuses an unknown name without a value, too', () => {
    expect(() => check({ retries: undefined })).toThrow('client.retries: is not an option');
  });

  it.each([['a text'], [3], [true], [null], [[1]], [() => 1]])('refuses %p, which is no object', (options) => {
    const rule = 'must be an object with host, timeoutMs, maxAttempts';
    expect(() => check(options)).toThrow(new InvalidOptionError('client', options, rule));
  });

  it('must be told all names, and only those', () => {
    // @ts-expect-error -- maxAttempts is missing
    expect(onlyKnown<Options>('client', {}, { host: true, timeoutMs: true })).toEqual({});
    // @ts-expect-error -- port is none of them
    expect(onlyKnown<Options>('client', {}, { ...NAMES, host: true, port: true })).toEqual({});
    expect(onlyKnown<Options | { readonly port: number }>('client', {}, { ...NAMES, port: true })).toEqual({});
  });
});
