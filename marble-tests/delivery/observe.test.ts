import { config, map, take } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

afterEach(() => {
  config.onUnhandledError = null;
});

describe('observe', () => {
  it('shows what the subscriber gets, before it gets it', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const order: string[] = [];
      log.stream.observe().subscribe(({ value }) => order.push(`observed ${value}`));
      log.stream.pipe(autoAck()).subscribe((value) => order.push(value));
      flush();
      expect(order).toEqual(['observed a', 'a', 'observed b', 'b']);
    });
  });

  it('opens no session', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');

      expectObservable(log.stream.observe(), '^ 20ms !').toBe('-');
      flush();
      expect(log.sources).toHaveLength(0);
    });
  });

  it('has no vote: settling through it does nothing, and says so', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true, dead: 'done' });
      const results: string[] = [];
      log.stream.observe().subscribe((delivery) => results.push(delivery.ack(), delivery.nack(), delivery.dead()));
      log.stream.subscribe((delivery) => results.push(delivery.ack()));
      flush();
      expect(results).toEqual(['observer', 'observer', 'observer', 'settled']);
      expect(log.stream.fate()).toEqual({ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0, late: 0 });
    });
  });

  it('shares value, source, attempt and outcome with the delivery', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const observed: Delivery<string>[] = [];
      const outcomes: string[] = [];
      log.stream.observe().subscribe((delivery) => {
        observed.push(delivery);
        delivery.outcome$.subscribe(({ fate }) => outcomes.push(fate));
      });
      log.stream.subscribe((delivery) => {
        expect(observed[0]).toMatchObject({ value: 'a', source: delivery.source, attempt: 1 });
        delivery.ack();
      });
      flush();
      expect(outcomes).toEqual(['acked']);
    });
  });

  it('does not hold the window: what an observer keeps costs no credit', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { window: { deliveries: 1 } });
      const kept: Delivery<string>[] = [];
      log.stream.observe().subscribe((delivery) => kept.push(delivery));

      expectObservable(log.stream.pipe(autoAck())).toBe('-ab(c|)');
    });
  });

  it('a late one sees what comes after; one that leaves disturbs nobody', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcdef');
      const values = log.stream.observe().pipe(map(({ value }) => value));

      expectObservable(log.stream.pipe(autoAck())).toBe('-abcde(f|)');
      expectObservable(values, '---^-!').toBe('---cd');
      expectObservable(values.pipe(take(2))).toBe('-a(b|)');
    });
  });

  it('goes on over epochs, and completes after a drain', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcd');
      const values = log.stream.observe().pipe(map(({ value }) => value));
      clock.after(9, () => log.stream.drain().subscribe());

      expectObservable(log.stream.pipe(autoAck()), '^--!').toBe('-ab');
      expectObservable(log.stream.pipe(autoAck()), '-----^').toBe('------c(d|)');
      expectObservable(values).toBe('-ab---cd-|');
      expectObservable(values, '------------^').toBe('------------|');
    });
  });

  it('one that throws does not keep a delivery from its subscriber', () => {
    run(({ expectObservable, flush }) => {
      const unhandled: unknown[] = [];
      config.onUnhandledError = (error) => unhandled.push(error);
      const log = new ScriptedLog('ab');
      log.stream.observe().subscribe(({ value }) => {
        throw new Error(`observer of ${value}`);
      });

      expectObservable(log.stream.pipe(autoAck())).toBe('-a(b|)');
      flush();
      expect(unhandled).toEqual([new Error('observer of a'), new Error('observer of b')]);
    });
  });
});
