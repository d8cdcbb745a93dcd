import { map, mergeMap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { SluiceError } from '../../src/foundation/errors.js';
import type { Delivery, Outcome } from '../../src/observables/delivery/types.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('outcome$', () => {
  it('tells what became of a delivery, and completes', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a', { dead: 'wait', deadMs: 7 });
      const outcome = log.stream.pipe(
        mergeMap((delivery) => {
          clock.after(2, () => delivery.dead());
          return delivery.outcome$;
        }),
        map(({ fate }) => fate),
      );

      expectObservable(outcome).toBe('----------(d|)', { d: 'dead' });
    });
  });

  it('tells those who come later, too', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const deliveries: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        deliveries.push(delivery);
        delivery.ack();
      });
      clock.after(5, () => {
        const seen: Outcome[] = [];
        deliveries[0]?.outcome$.subscribe((outcome) => seen.push(outcome));
        expect(seen).toEqual([{ fate: 'acked' }]);
      });
      expectObservable(log.stream.observe()).toBe('-x', { x: expect.anything() });
      flush();
    });
  });

  it('tells every subscriber once', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const seen: string[] = [];
      log.stream.subscribe((delivery) => {
        for (const name of ['first', 'second']) {
          delivery.outcome$.subscribe({
            next: ({ fate }) => seen.push(`${name} ${fate}`),
            complete: () => seen.push('|'),
          });
        }
        delivery.ack();
      });
      flush();
      expect(seen).toEqual(['first acked', '|', 'second acked', '|']);
    });
  });

  it('says why a wish could not be fulfilled', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { dead: 'wait', deadMs: 50, endless: true });
      const error = new SluiceError('the queue has no dead letters');
      const seen: Outcome[] = [];
      log.stream.subscribe((delivery) => {
        delivery.outcome$.subscribe((outcome) => seen.push(outcome));
        delivery.dead();
      });
      clock.after(5, () => log.core.confirm(log.node('a'), 'acked', error));
      flush();
      expect(seen).toEqual([{ fate: 'acked', error }]);
      expect(log.stream.fate()).toMatchObject({ acked: 1, dead: 0 });
    });
  });

  it('is abandoned when the stream is left, a lease is lost or a drain has to give up', () => {
    run(({ flush }) => {
      const left = new ScriptedLog('a', { endless: true });
      const lost = new ScriptedLog('b', { endless: true });
      const drained = new ScriptedLog('c', { endless: true });
      const seen: string[] = [];
      for (const log of [left, lost, drained]) {
        const subscription = log.stream.subscribe((delivery) => {
          delivery.outcome$.subscribe(({ fate }) => seen.push(`${delivery.value} ${fate} ${clock.now()}`));
        });
        if (log === left) clock.after(5, () => subscription.unsubscribe());
      }
      clock.after(6, () => lost.lose('b'));
      clock.after(2, () => drained.stream.drain({ deadlineMs: 5 }).subscribe());
      flush();
      expect(seen).toEqual(['a abandoned 5', 'b abandoned 6', 'c abandoned 7']);
    });
  });

  it('of an attempt that was nacked is nacked, whatever becomes of the next one', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const seen: string[] = [];
      const first: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        const { attempt } = delivery;
        delivery.outcome$.subscribe(({ fate }) => seen.push(`${attempt} ${fate} ${clock.now()}`));
        if (attempt === 1) {
          first.push(delivery);
          delivery.nack({ delayMs: 10 });
        } else {
          first[0]?.outcome$.subscribe(({ fate }) => seen.push(`again ${fate} ${clock.now()}`));
          clock.after(5, () => delivery.ack());
        }
      });
      flush();
      expect(seen).toEqual(['1 nacked 1', 'again nacked 11', '2 acked 16']);
    });
  });
});
