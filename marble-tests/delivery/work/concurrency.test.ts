import { map, Subject, take, timer, type Observable } from 'rxjs';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';

const lasting =
  (ms: number) =>
  (value: string): Observable<string> =>
    timer(ms).pipe(map(() => value));

describe('work: concurrency', () => {
  it('works on one after the other by default', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                           -abc|');
      const handedOut = source.observe().pipe(map(({ value }) => value));

      expectObservable(handedOut).toBe('                     -abc');
      expectObservable(source.pipe(work(lasting(3)))).toBe(' ----a--b--(c|)');
      expectFate(source).toBe('                             ----a--a--(a|)');
    });
  });

  it('runs as many handlers as there are slots', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('     -abcd|');
      const handled = source.pipe(work(lasting(3), { concurrency: 2 }));

      expectObservable(handled).toBe(' ----ab-c(d|)');
    });
  });

  it('never runs more than that, and leaves no slot empty', () => {
    marbles(({ deliveries, expectRecording, watch }) => {
      const source = deliveries('        (abcdefgh)|', undefined, { window: { deliveries: 8 } });
      let running = 0;
      const running$ = new Subject<number>();
      const counts = watch(running$);
      const handler = (value: string): Observable<string> => {
        running$.next(++running);
        return lasting(value < 'e' ? 5 : 6)(value);
      };
      source.pipe(work(handler, { concurrency: 3 })).subscribe(() => running--);

      expectRecording(counts).toBe('(123)(333)33', { 1: 1, 2: 2, 3: 3 });
    });
  });

  it('takes no limit for an answer', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('    -abc|');
      const until6 = (value: string) => lasting(6 - (value.charCodeAt(0) - 96))(value);
      const handled = source.pipe(work(until6, { concurrency: Number.POSITIVE_INFINITY }));

      expectObservable(handled).toBe('------(abc|)');
    });
  });

  it('emits results in the order in which they are there', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|');
      const handled = source.pipe(work((value) => lasting(value === 'a' ? 6 : 2)(value), { concurrency: 2 }));

      expectObservable(handled).toBe('----b--(a|)');
      expectFate(source).toBe('      ----b--(a|)', { a: { value: 'a' }, b: { value: 'b' } });
    });
  });

  it('waits for what is under way when its source has completed', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('     -ab|');
      const relay = new Subject<Delivery<string>>();
      const handled = relay.pipe(work(lasting(3)));

      expectObservable(handled).toBe(' ----a--(b|)');
      source.subscribe((delivery) => {
        relay.next(delivery);
        if (delivery.value === 'b') relay.complete();
      });
    });
  });

  it('starts nothing more once the subscriber has enough', () => {
    const started: string[] = [];
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abcd|');
      const handler = (value: string): Observable<string> => {
        started.push(value);
        return lasting(4)(value);
      };
      const handled = source.pipe(work(handler), take(1));

      expectObservable(handled).toBe('-----(a|)');
      expectFate(source).toBe('      -----(axxx)');
    });
    expect(started).toEqual(['a']);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %p slots', (concurrency) => {
    expect(() => work(() => 1, { concurrency })).toThrow(InvalidOptionError);
  });

  it('refuses a handler that is no function', () => {
    expect(() => work('no' as never)).toThrow('work handler: must be a function, got "no"');
  });
});
