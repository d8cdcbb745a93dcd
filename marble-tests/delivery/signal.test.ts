import { clock } from '../../src/foundation/clock.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** When each signal was aborted. */
function aborts(delivery: Delivery<string>, seen: string[]): void {
  delivery.signal.addEventListener('abort', () => seen.push(`${delivery.value} ${clock.now()}`));
}

describe('signal', () => {
  it('aborts when the delivery is lost, by whatever way', () => {
    run(({ flush }) => {
      const seen: string[] = [];
      const [left, lost, drained] = ['a', 'b', 'c'].map((records) => new ScriptedLog(records, { endless: true }));
      const subscription = left?.stream.subscribe((delivery) => aborts(delivery, seen));
      lost?.stream.subscribe((delivery) => aborts(delivery, seen));
      drained?.stream.subscribe((delivery) => aborts(delivery, seen));
      clock.after(5, () => subscription?.unsubscribe());
      clock.after(6, () => lost?.lose('b'));
      clock.after(2, () => drained?.stream.drain({ deadlineMs: 5 }).subscribe());
      flush();
      expect(seen).toEqual(['a 5', 'b 6', 'c 7']);
    });
  });

  it('does not abort when the delivery is settled', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { dead: 'done' });
      const signals: AbortSignal[] = [];
      log.stream.subscribe((delivery) => {
        signals.push(delivery.signal);
        if (delivery.value === 'a') delivery.ack();
        else delivery.dead();
      });
      flush();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    });
  });

  it('is one per delivery, shared by what is derived from it', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const seen: boolean[] = [];
      log.stream.pipe(mapDelivery((value, parent) => ({ value, parent }))).subscribe((delivery) => {
        seen.push(delivery.signal === delivery.signal, delivery.signal === delivery.value.parent.signal);
        delivery.ack();
      });
      flush();
      expect(seen).toEqual([true, true]);
    });
  });

  it('is aborted when it is first read after the loss', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const seen: boolean[] = [];
      log.stream.subscribe((delivery) => {
        clock.after(2, () => log.lose('a'));
        clock.after(3, () => seen.push(delivery.signal.aborted));
      });
      flush();
      expect(seen).toEqual([true]);
    });
  });

  it('of an attempt that was nacked stays as it is when a later one is lost; that one has its own', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const signals: AbortSignal[] = [];
      log.stream.subscribe((delivery) => {
        signals.push(delivery.signal);
        if (delivery.attempt === 1) delivery.nack();
      });
      clock.after(5, () => log.lose('a'));
      flush();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    });
  });

  it('of an attempt that was nacked, first read while it stays away, is not that of a later one', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const aborted: boolean[] = [];
      log.stream.subscribe((delivery) => {
        if (delivery.attempt > 1) return;
        delivery.nack({ delayMs: 5 });
        clock.after(2, () => delivery.signal);
        clock.after(9, () => aborted.push(delivery.signal.aborted));
      });
      clock.after(8, () => log.lose('a'));
      flush();
      expect(aborted).toEqual([false]);
    });
  });

  it('of an attempt that was nacked, first read when a later one is here, is not that of the later one', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const handles: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        handles.push(delivery);
        if (delivery.attempt === 1) delivery.nack({ delayMs: 5 });
      });
      const read = (): boolean[] => handles.map(({ signal }) => signal.aborted);
      clock.after(8, () => expect(read()).toEqual([false, false]));
      clock.after(9, () => log.lose('a'));
      flush();
      expect(read()).toEqual([false, true]);
    });
  });

  it('is made when it is read: neither the engine nor work makes one', () => {
    const Original = AbortController;
    const made = jest.spyOn(globalThis, 'AbortController').mockImplementation(() => new Original());
    run(({ flush }) => {
      const plain = new ScriptedLog('abc');
      const worked = new ScriptedLog('abc');
      const promised = new ScriptedLog('abc');
      plain.stream.subscribe((delivery) => delivery.ack());
      worked.stream.pipe(work((value) => value)).subscribe();
      promised.stream.pipe(work((value) => later(2, value))).subscribe();
      flush();
      expect(plain.stream.fate().acked + worked.stream.fate().acked + promised.stream.fate().acked).toBe(9);
    });
    expect(made).not.toHaveBeenCalled();
    run(({ flush }) => {
      const read = new ScriptedLog('abc');
      read.stream.pipe(work((_, { signal }) => signal.aborted)).subscribe();
      flush();
    });
    expect(made).toHaveBeenCalledTimes(3);
  });
});
