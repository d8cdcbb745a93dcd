import {
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
  tap,
  timer,
  zip,
  asyncScheduler,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { NotADeliveryError } from '../../src/observables/delivery/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

const RECORDS = 'abcdefghijkl';

const acked: OperatorFunction<Delivery<string>, string> = map((delivery) => {
  delivery.ack();
  return delivery.value;
});

/** Acks after some time. */
const slow = (delivery: Delivery<string>): Observable<string> =>
  timer(5).pipe(
    map(() => delivery),
    acked,
  );

afterEach(() => {
  config.onUnhandledError = null;
});

describe('plain RxJS on raw deliveries: bounded by the window', () => {
  it.each<[string, OperatorFunction<Delivery<string>, string>, number]>([
    ['mergeMap', mergeMap(slow), 4],
    ['concatMap', concatMap(slow), 4],
    ['delay', (source) => source.pipe(delay(5), acked), 4],
    ['observeOn', (source) => source.pipe(observeOn(asyncScheduler, 5), acked), 4],
    [
      'zip',
      (source) =>
        zip(source, interval(7)).pipe(
          map(([delivery]) => delivery),
          acked,
        ),
      4,
    ],
  ])('%s', (_, operator, window) => {
    run(({ flush }) => {
      const log = new ScriptedLog(RECORDS, { depth: 2, window: { deliveries: window, bytes: 1_000 } });
      let most = 0;
      let highest = 0;
      const seen: string[] = [];
      log.stream
        .pipe(
          tap(() => {
            const { delivered, acked: done } = log.stream.fate();
            most = Math.max(most, delivered - done);
            highest = Math.max(highest, log.window.deliveries);
          }),
          operator,
        )
        .subscribe((value) => seen.push(value));
      flush();
      expect(seen.join('')).toBe(RECORDS);
      expect(most).toBe(window);
      expect(highest).toBe(window);
    });
  });

  it('zip takes no more than the slower side: at a window per side', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog(RECORDS, { window: { deliveries: 2 } });
      const pairs = zip(log.stream, interval(10)).pipe(
        map(([delivery]) => delivery),
        acked,
        take(3),
      );

      expectObservable(pairs).toBe('10ms a 9ms b 9ms (c|)');
      flush();
      expect(log.asked).toHaveLength(5);
    });
  });
});

describe('plain RxJS that drops deliveries: the stream stands at its window', () => {
  it.each<[string, OperatorFunction<Delivery<string>, unknown>, string]>([
    ['filter', filter((delivery: Delivery<string>) => delivery.value > 'z'), 'lance:log@0'],
    ['debounceTime', debounceTime(50), 'lance:log@0'],
    [
      'switchMap',
      switchMap((delivery: Delivery<string>) => (delivery.value === 'a' ? [delivery.ack()] : timer(500))),
      'lance:log@1',
    ],
  ])('%s', (_, operator, oldest) => {
    run(({ flush }) => {
      const log = new ScriptedLog(RECORDS, { window: { deliveries: 3 } });
      const details: string[] = [];
      const subscription = log.stream
        .pipe(
          mapDelivery((value) => value),
          operator,
        )
        .subscribe();
      clock.after(100, () => {
        log.stream.status$.pipe(take(1)).subscribe(({ state, reasons, detail }) => {
          details.push(`${state} ${reasons.join()}`, detail);
        });
        subscription.unsubscribe();
      });
      flush();
      expect(log.stream.fate()).toMatchObject({ abandoned: 3 });
      expect(details[0]).toBe('paused window');
      expect(details[1]).toMatch(
        new RegExp(`; the oldest of 3, ${oldest}, attempt 1, is unsettled since 9[89] ms, last seen in mapDelivery$`),
      );
    });
  });
});

describe('plain RxJS: the fate of single deliveries', () => {
  it('a subscriber that throws leaves its delivery unsettled; the stream goes on', () => {
    run(({ flush }) => {
      const unhandled: unknown[] = [];
      config.onUnhandledError = (error) => unhandled.push(error);
      const log = new ScriptedLog('abcdef', { window: { deliveries: 2 } });
      const seen: string[] = [];
      const subscription = log.stream.subscribe((delivery) => {
        seen.push(delivery.value);
        if (delivery.value === 'b') throw new Error('no b');
        delivery.ack();
      });
      clock.after(50, () => subscription.unsubscribe());
      flush();
      expect(seen.join('')).toBe('abcdef');
      expect(unhandled).toEqual([new Error('no b')]);
      expect(log.stream.fate()).toMatchObject({ delivered: 6, acked: 5, abandoned: 1 });
      expect(log.position).toBe(1);
    });
  });

  it('one that always throws stands at its window', () => {
    run(({ flush }) => {
      config.onUnhandledError = () => undefined;
      const log = new ScriptedLog(RECORDS, { window: { deliveries: 3 } });
      const subscription = log.stream.subscribe(() => {
        throw new Error('no');
      });
      clock.after(50, () => subscription.unsubscribe());
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, abandoned: 3 });
    });
  });

  it('share hands out one handle: the first settle wins, the others are again', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const shared = log.stream.pipe(share());
      const results: string[] = [];
      for (const name of ['first', 'second']) shared.subscribe((delivery) => results.push(`${name} ${delivery.ack()}`));
      flush();
      expect(results).toEqual(['first settled', 'second again', 'first settled', 'second again']);
      expect(log.stream.fate()).toEqual({ delivered: 2, acked: 2, nacked: 0, dead: 0, abandoned: 0, late: 2 });
    });
  });

  it('shareReplay, too, for those who come later', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const shared = log.stream.pipe(shareReplay());
      const results: string[] = [];
      shared.subscribe((delivery) => results.push(delivery.ack()));
      clock.after(10, () => shared.subscribe((delivery) => results.push(delivery.ack())));
      flush();
      expect(results).toEqual(['settled', 'settled', 'again', 'again']);
      expect(log.stream.fate().late).toBe(2);
    });
  });

  it('take ends the session with what it took unsettled: it is repeated', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { depth: 3 });
      const from = '     ----^';
      const first = '    -(ab|)';
      const second = '   -----(abc|)';

      expectObservable(
        log.stream.pipe(
          take(2),
          map(({ value }) => value),
        ),
      ).toBe(first);
      expectObservable(log.stream.pipe(ack()), from).toBe(second);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 5, acked: 3, abandoned: 2 });
    });
  });

  it('an operator of ours that is given something else errors below, not in the source', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const wrong = log.stream.pipe(
        map(({ value }) => value as unknown as Delivery<string>),
        mapDelivery((value) => value),
      );

      expectObservable(wrong).toBe('-#', undefined, expect.any(NotADeliveryError));
    });
  });
});
