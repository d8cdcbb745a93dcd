import { concat, map, take } from 'rxjs';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('ack', () => {
  it('settles each delivery and passes its value on', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const expected = '-ab(c|)';

      expectObservable(log.stream.pipe(ack())).toBe(expected);
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 3, nacked: 0, dead: 0, abandoned: 0, late: 0 });
    });
  });

  it('settles before it passes the value on: take(n) repeats nothing', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const twice = concat(log.stream.pipe(ack(), take(2)), log.stream.pipe(ack()));
      const expected = '-ab(c|)';

      expectObservable(twice).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 3, abandoned: 0 });
    });
  });

  it('settles before it passes the value on: an error below loses the value', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const broken = log.stream.pipe(
        ack(),
        map((value) => {
          if (value === 'b') throw new Error('below');
          return value;
        }),
      );
      const expected = '-a#';

      expectObservable(broken).toBe(expected, undefined, new Error('below'));
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 2, abandoned: 0 });
      expect(log.position).toBe(2);
    });
  });

  it('errors below, not in the source, when an ack can not be sent', () => {
    run(({ expectObservable, flush }) => {
      const error = new Error('too large');
      const encode = (): never => {
        throw error;
      };
      const acked = new ScriptedLog('ab', { encode });
      const autoAcked = new ScriptedLog('ab', { encode });
      const filtered = new ScriptedLog('ab', { encode });

      expectObservable(acked.stream.pipe(ack())).toBe('                         -#', undefined, error);
      expectObservable(autoAcked.stream.pipe(autoAck())).toBe('                 -(a#)', undefined, error);
      expectObservable(filtered.stream.pipe(filterDelivery(() => false))).toBe('-#', undefined, error);
      flush();
      for (const { stream } of [acked, autoAcked, filtered]) {
        expect(stream.fate()).toMatchObject({ delivered: 1, acked: 0, abandoned: 1 });
      }
    });
  });

  it('stops a source that is not done', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcdef');

      expectObservable(log.stream.pipe(ack()), '^--!').toBe('-ab');
      flush();
      expect(log.asked.map(({ position }) => position)).toEqual([0, 1, 2]);
      expect(log.window.deliveries).toBe(0);
    });
  });
});
