import { map, Subject, timer, type Observable } from 'rxjs';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';
import { later } from '../support/later.js';

const letter = (value: string): string => value.toLowerCase();

/** How long each value takes. */
const lasting =
  (times: Readonly<Record<string, number>>) =>
  (value: string): Observable<string> =>
    timer(times[value] ?? 1).pipe(map(() => value));

describe('work: by key', () => {
  it('works on deliveries of one key one after the other, on others at the same time', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handler = lasting({ a: 3, A: 3, b: 3, B: 3 });
      const source = deliveries('     -aAbB|');
      const handled = source.pipe(work(handler, { concurrency: 4, by: letter }));

      expectObservable(handled).toBe(' ----a-bA-(B|)');
    });
  });

  it('keeps the order within a key when later ones would be faster', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('     -aAb|');
      const handled = source.pipe(work(lasting({ a: 6 }), { concurrency: 3, by: letter }));

      expectObservable(handled).toBe(' ----b--a(A|)');
    });
  });

  it('needs no slot for those that wait for their key', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('     -aAAb|');
      const handled = source.pipe(work(lasting({ a: 10, b: 2 }), { concurrency: 2, by: letter }));

      expectObservable(handled).toBe(' ------b----aA(A|)');
    });
  });

  it('asks for the key with value and delivery', () => {
    const asked: unknown[] = [];
    marbles(({ deliveries }) => {
      const by = (value: string, delivery: Delivery<string>) => asked.push([value, delivery.source.position]);
      deliveries('-ab|')
        .pipe(work((value) => value, { by }))
        .subscribe();
    });
    expect(asked).toEqual([
      ['a', 0n],
      ['b', 1n],
    ]);
  });

  it('tells keys apart as a Map does', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('     -ab|');
      const handled = source.pipe(work(lasting({ a: 3, b: 3 }), { concurrency: 2, by: () => Number.NaN }));

      expectObservable(handled).toBe(' ----a--(b|)');
    });
  });

  it('keeps the order of what comes while a handler of that key is being called', () => {
    const calls: string[] = [];
    marbles(({ deliveries }) => {
      const relay = new Subject<Delivery<string>>();
      const handed: Delivery<string>[] = [];
      const handler = (value: string) => {
        calls.push(`>${value}`);
        // The others come before this one has said that it takes time.
        if (value === 'a') for (const delivery of handed.slice(1)) relay.next(delivery);
        return later(2, value);
      };
      relay.pipe(work(handler, { concurrency: 3, by: () => 1 })).subscribe((value) => calls.push(`${value}<`));
      deliveries('abc|').subscribe((delivery) => {
        handed.push(delivery);
        if (handed.length === 3) relay.next(handed[0]!);
      });
    });
    expect(calls.join(' ')).toBe('>a a< >b b< >c c<');
  });

  it('a key is free again when its result is passed on', () => {
    const seen: string[] = [];
    marbles(({ deliveries }) => {
      const relay = new Subject<Delivery<string>>();
      const handed: Delivery<string>[] = [];
      relay.pipe(work((value) => value, { by: () => 1 })).subscribe((value) => {
        seen.push(value);
        if (value === 'a') relay.next(handed[1]!);
      });
      deliveries('ab|').subscribe((delivery) => {
        handed.push(delivery);
        if (handed.length === 2) relay.next(handed[0]!);
      });
    });
    expect(seen).toEqual(['a', 'b']);
  });

  it('lets the policy decide when the key can not be found; the handler is not called', () => {
    const handled: string[] = [];
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|');
      const by = (value: string): string => {
        if (value === 'b') throw new Error('no key');
        return value;
      };
      const handler = (value: string): string => {
        handled.push(value);
        return value;
      };

      expectObservable(source.pipe(work(handler, { by, onError: 'dead' }))).toBe('-a-c|');
      expectFate(source).toBe('                                                    -ada|', {
        d: { fate: 'dead', reason: 'no key' },
      });
    });
    expect(handled).toEqual(['a', 'c']);
  });

  it('fails with a HandlerError when the key can not be found and the policy says so', () => {
    marbles(({ deliveries, expectObservable }) => {
      const cause = new Error('no key');
      const by = (): never => {
        throw cause;
      };
      const handled = deliveries('   -a|', undefined, { name: 'log' }).pipe(
        work((value) => value, { by, onError: 'fail' }),
      );

      expectObservable(handled).toBe('-#', undefined, {
        code: 'HANDLER',
        message: 'work failed on lance:log@0, attempt 1: no key',
        cause,
      });
    });
  });

  it('looks for the key again with every retry, and stands in its line then', () => {
    marbles(
      ({ deliveries, expectObservable }) => {
        let asked = 0;
        const by = (value: string): string => {
          if (value === 'a' && asked++ === 0) throw new Error('not yet');
          return letter(value);
        };
        const onError = { retry: { maxAttempts: 2, initialMs: 4 } };
        const source = deliveries('    -aA|');
        // `a` finds its key 4 ms later, when `A` is under way with it.
        const handled = source.pipe(work(lasting({ a: 6, A: 6 }), { concurrency: 2, by, onError }));

        expectObservable(handled).toBe('--------A-----(a|)');
      },
      { jitter: 'none' },
    );
  });
});
