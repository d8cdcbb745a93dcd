import { Subject } from 'rxjs';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { HandlerError } from '../../../src/observables/delivery/errors.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { later } from '../support/later.js';
import { longestDelays } from '../support/jitter.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

const letter = (value: string): string => value.toLowerCase();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('work: by key', () => {
  it('works on deliveries of one key one after the other, on others at the same time', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aAbB');
      const expected = '----a-bA-(B|)';

      expectObservable(log.stream.pipe(work((value) => later(3, value), { concurrency: 4, by: letter }))).toBe(
        expected,
      );
    });
  });

  it('keeps the order within a key when later ones would be faster', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aAb');
      const expected = '----b--a(A|)';
      const handler = (value: string) => later(value === 'a' ? 6 : 1, value);

      expectObservable(log.stream.pipe(work(handler, { concurrency: 3, by: letter }))).toBe(expected);
    });
  });

  it('needs no slot for those that wait for their key', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aAAb', { window: { deliveries: 4 } });
      const expected = '------b----aA(A|)';
      const handler = (value: string) => later(value === 'b' ? 2 : value === 'a' ? 10 : 1, value);

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2, by: letter }))).toBe(expected);
    });
  });

  it('asks for the key with value and delivery', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const asked: unknown[] = [];
      log.stream
        .pipe(work((value) => value, { by: (value, delivery) => asked.push([value, delivery.source.position]) }))
        .subscribe();
      flush();
      expect(asked).toEqual([
        ['a', 0n],
        ['b', 1n],
      ]);
    });
  });

  it('tells keys apart as a Map does', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const keys: Record<string, unknown> = { a: Number.NaN, b: Number.NaN };
      const expected = '----a--(b|)';

      expectObservable(
        log.stream.pipe(work((value) => later(3, value), { concurrency: 2, by: (value) => keys[value] })),
      ).toBe(expected);
    });
  });

  it('keeps the order of what comes while a handler of that key is being called', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const relay = new Subject<Delivery<string>>();
      const deliveries: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        deliveries.push(delivery);
        if (deliveries.length === 3) relay.next(deliveries[0]!);
      });
      const calls: string[] = [];
      const handler = (value: string) => {
        calls.push(`>${value}`);
        // The others come before this one has said that it takes time.
        if (value === 'a') for (const delivery of deliveries.slice(1)) relay.next(delivery);
        return later(2, value);
      };
      relay.pipe(work(handler, { concurrency: 3, by: () => 1 })).subscribe((value) => calls.push(`${value}<`));
      flush();
      expect(calls.join(' ')).toBe('>a a< >b b< >c c<');
    });
  });

  it('a key is free again when its result is passed on', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const relay = new Subject<Delivery<string>>();
      const deliveries: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        deliveries.push(delivery);
        if (deliveries.length === 2) relay.next(deliveries[0]!);
      });
      const seen: string[] = [];
      relay.pipe(work((value) => value, { by: () => 1 })).subscribe((value) => {
        seen.push(value);
        if (value === 'a') relay.next(deliveries[1]!);
      });
      flush();
      expect(seen).toEqual(['a', 'b']);
    });
  });

  it('lets the policy decide when the key can not be found; the handler is not called', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { dead: 'done' });
      const handled: string[] = [];
      const by = (value: string): string => {
        if (value === 'b') throw new Error('no key');
        return value;
      };
      const results = log.stream.pipe(
        work(
          (value) => {
            handled.push(value);
            return value;
          },
          { by, onError: 'dead' },
        ),
      );

      expectObservable(results).toBe('-a-(c|)');
      flush();
      expect(handled).toEqual(['a', 'c']);
      expect(log.stream.fate()).toMatchObject({ acked: 2, dead: 1 });
    });
  });

  it('fails with a HandlerError when the key can not be found and the policy says so', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      const cause = new Error('no key');
      const by = (): never => {
        throw cause;
      };
      const error = new HandlerError('work failed on lance:log@0, attempt 1: no key', { cause });

      expectObservable(log.stream.pipe(work((value) => value, { by, onError: 'fail' }))).toBe('-#', undefined, error);
    });
  });

  it('looks for the key again with every retry, and stands in its line then', () => {
    longestDelays();
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aA');
      let asked = 0;
      const by = (value: string): string => {
        if (value === 'a' && asked++ === 0) throw new Error('not yet');
        return letter(value);
      };
      // `a` finds its key 4 ms later, when `A` is under way with it.
      const results = log.stream.pipe(
        work((value) => later(6, value), { concurrency: 2, by, onError: { retry: { maxAttempts: 2, initialMs: 4 } } }),
      );
      const expected = '--------A-----(a|)';

      expectObservable(results).toBe(expected);
    });
  });
});
