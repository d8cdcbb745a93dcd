import {
  asyncScheduler,
  concatMap,
  config,
  debounceTime,
  delay,
  filter,
  interval,
  map,
  mergeMap,
  observeOn,
  share,
  shareReplay,
  switchMap,
  take,
  timer,
  zip,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import { NotADeliveryError } from '../../src/observables/delivery/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { marbles } from '../../src/testing.js';

type Plain = OperatorFunction<Delivery<string>, string>;

const acked: Plain = map((delivery) => {
  delivery.ack();
  return delivery.value;
});

/** Acks after some time. */
const slow = (delivery: Delivery<string>): Observable<string> =>
  timer(5).pipe(
    map(() => delivery),
    acked,
  );

const zipped =
  (ms: number): Plain =>
  (source) =>
    zip(source, interval(ms)).pipe(
      map(([delivery]) => delivery),
      acked,
    );

const valuesOf = map(({ value }: Delivery<string>) => value);

afterEach(() => {
  config.onUnhandledError = null;
});

describe('plain RxJS on raw deliveries: bounded by the window', () => {
  const inOnes = '     (abc)d----e----f';
  const inThrees = '   (abc)(def)';
  it.each<[name: string, operator: Plain, handedOut: string, results: string, credit: string]>([
    ['mergeMap', mergeMap(slow), inThrees, ' -----(abc)(def|)', '             0 9ms 3'],
    ['concatMap', concatMap(slow), inOnes, ' -----a----b----c----d----e----(f|)', '0 19ms 1----2----3'],
    ['delay', (source) => source.pipe(delay(5), acked), inThrees, '-----(abc)(def|)', '0 9ms 3'],
    [
      'observeOn',
      (source) => source.pipe(observeOn(asyncScheduler, 5), acked),
      inThrees,
      '-----(abc)(def)|',
      '0 9ms 3',
    ],
    ['zip', zipped(5), inOnes, '            -----a----b----c----d----e----(f|)', '0 19ms 1----2----3'],
  ])('%s', (_name, operator, handedOut, results, credit) => {
    marbles(({ deliveries, expectObservable, expectCredit }) => {
      const source = deliveries('(abcdef|)', undefined, { window: { deliveries: 3 } });

      expectObservable(source.observe().pipe(valuesOf)).toBe(handedOut);
      expectObservable(source.pipe(operator)).toBe(results);
      expectCredit(source).toBe(credit);
    });
  });

  it('zip takes no more than the slower side: at a window per side', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                  (abcdefghijkl|)', undefined, { window: { deliveries: 2 } });

      expectObservable(source.pipe(zipped(10), take(3))).toBe('10ms a 9ms b 9ms (c|)');
      expectFate(source).toBe('                        10ms a 9ms a 9ms (ax)', { x: { fate: 'abandoned' } });
    });
  });
});

describe('plain RxJS that drops deliveries: the stream stands at its window', () => {
  it.each<[string, OperatorFunction<Delivery<string>, unknown>, string]>([
    ['filter', filter((delivery: Delivery<string>) => delivery.value > 'z'), 'deliveries@0'],
    ['debounceTime', debounceTime(50), 'deliveries@0'],
    [
      'switchMap',
      switchMap((delivery: Delivery<string>) => (delivery.value === 'a' ? [delivery.ack()] : timer(500))),
      'deliveries@1',
    ],
  ])('%s', (_name, operator, oldest) => {
    const details: string[] = [];
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('-abcdefghijkl|', undefined, { window: { deliveries: 3 } });
      const dropped = source.pipe(
        mapDelivery((value) => value),
        operator,
      );
      const subscription = dropped.subscribe();
      const acks = oldest.endsWith('1');

      expectFate(source).toBe(acks ? '-a 98ms (xxx)' : '100ms (xxx)', { x: { by: 'mapDelivery' } });
      at('100ms e', {
        e() {
          source.status$.pipe(take(1)).subscribe(({ state, reasons, detail }) => {
            details.push(`${state} ${reasons.join()}`, detail);
          });
          subscription.unsubscribe();
        },
      });
    });
    expect(details[0]).toBe('paused window');
    expect(details[1]).toMatch(
      new RegExp(`; the oldest of 3, ${oldest}, attempt 1, is unsettled since 9[89] ms, last seen in mapDelivery$`),
    );
  });
});

describe('plain RxJS: the fate of single deliveries', () => {
  it('a subscriber that throws leaves its delivery unsettled; the stream goes on', () => {
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('-abcdef|', undefined, { window: { deliveries: 2 } });
      const subscription = source.subscribe((delivery) => {
        if (delivery.value === 'b') throw new Error('no b');
        delivery.ack();
      });

      expectFate(source).toBe('  -a-aaaa--x', { x: { fate: 'abandoned', value: 'b' } });
      at('                       ---------e', { e: () => subscription.unsubscribe() });
    });
    expect(unhandled).toEqual([new Error('no b')]);
  });

  it('one that always throws stands at its window', () => {
    config.onUnhandledError = () => undefined;
    marbles(({ deliveries, expectFate, expectCredit, at }) => {
      const source = deliveries('  -abcdef|', undefined, { window: { deliveries: 3 } });
      const subscription = source.subscribe(() => {
        throw new Error('no');
      });

      expectCredit(source).toBe('  3210-----3');
      expectFate(source).toBe('    ---------(xxx)');
      at('                         ---------e', { e: () => subscription.unsubscribe() });
    });
  });

  it('share hands out one handle: the first settle wins, the others are again', () => {
    const results: string[] = [];
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('-ab|');
      const shared = source.pipe(share());
      for (const name of ['first', 'second']) shared.subscribe((delivery) => results.push(`${name} ${delivery.ack()}`));

      expectFate(source).toBe('  -aa|');
      at('                       ----e', { e: () => expect(source.fate().late).toBe(2) });
    });
    expect(results).toEqual(['first settled', 'second again', 'first settled', 'second again']);
  });

  it('shareReplay, too, for those who come later', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('                        -ab|');
      const shared = source.pipe(shareReplay());
      const results = (): Observable<string> => shared.pipe(map((delivery) => delivery.ack()));

      expectObservable(results()).toBe('                  -ss|', { s: 'settled' });
      expectObservable(results(), '     -----^').toBe('   -----(ss|)', { s: 'again' });
      expectFate(source).toBe('                           -aa|');
      at('                                                ------e', { e: () => expect(source.fate().late).toBe(2) });
    });
  });

  it('take ends the session with what it took unsettled: it is repeated', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                             -(ab)----c|', undefined, { hot: true });

      expectObservable(source.pipe(take(2), valuesOf)).toBe('  -(ab|)');
      expectObservable(source.pipe(ack()), '     -----^').toBe('-----(ab)c|');
      expectFate(source).toBe('                                -(xx)(aa)a|');
    });
  });

  it('an operator of ours that is given something else errors below, not in the source', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('   -ab|');
      const wrong = source.pipe(
        valuesOf,
        map((value) => value as unknown as Delivery<string>),
        mapDelivery((value) => value),
      );

      expectObservable(wrong).toBe('-#', undefined, NotADeliveryError);
      expectFate(source).toBe('     -x');
    });
  });
});
