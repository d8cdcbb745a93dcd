import { merge } from 'rxjs';
import { DUTY } from '../../src/observables/delivery/types.js';
import { HandlerError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('mapDelivery', () => {
  it('changes the value and carries the duty along', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const upper = log.stream.pipe(
        mapDelivery((value) => value.toUpperCase()),
        autoAck(),
      );
      const expected = '-AB(C|)';

      expectObservable(upper).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 3 });
    });
  });

  it('keeps source, attempt, signal and outcome of its parent', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const seen: unknown[] = [];
      log.stream
        .pipe(
          mapDelivery((value, parent) => ({ value, parent })),
          mapDelivery((wrapped) => wrapped),
        )
        .subscribe((delivery) => {
          const { value, parent } = delivery.value;
          expect(delivery[DUTY]).toBe(parent[DUTY]);
          expect(delivery.signal).toBe(parent.signal);
          delivery.outcome$.subscribe(({ fate }) => seen.push(fate));
          seen.push([value, delivery.source, delivery.attempt]);
          if (value === 'b' && delivery.attempt === 1) delivery.nack({ delayMs: 3 });
          else delivery.ack();
          expect(parent.ack()).toBe('again');
        });
      flush();
      const source = (position: bigint) => ({ system: 'lance', name: 'log', position });
      expect(seen).toEqual([
        ['a', source(0n), 1],
        'acked',
        ['b', source(1n), 1],
        'nacked',
        ['b', source(1n), 2],
        'acked',
      ]);
    });
  });

  it('errors with a HandlerError when the projection throws, and leaves the delivery unsettled', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const broken = log.stream.pipe(
        mapDelivery((value) => {
          if (value === 'b') throw new Error('no b');
          return value;
        }),
        autoAck(),
      );
      const error = new HandlerError('mapDelivery failed on lance:log@1, attempt 1: no b', {
        cause: new Error('no b'),
      });

      expectObservable(broken).toBe('-a#', undefined, error);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
      expect(log.position).toBe(1);
    });
  });

  it('works on a merge of streams: each delivery knows its own session', () => {
    run(({ expectObservable, flush }) => {
      const slow = new ScriptedLog('ab', { latencyMs: 3 });
      const fast = new ScriptedLog('xyz', { latencyMs: 2 });
      const both = merge(slow.stream, fast.stream).pipe(
        mapDelivery((value) => value.toUpperCase()),
        autoAck(),
      );
      const expected = '--XAY-(BZ|)';

      expectObservable(both).toBe(expected);
      flush();
      expect([slow.stream.fate().acked, fast.stream.fate().acked]).toEqual([2, 3]);
    });
  });
});
