import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { HandlerError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('filterDelivery', () => {
  it('passes on what is wanted and acks the rest', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('aBcD', { window: { deliveries: 1 } });
      const kept = log.stream.pipe(
        filterDelivery((value) => value === value.toLowerCase()),
        autoAck(),
      );

      const expected = '-a-c|';

      expectObservable(kept).toBe(expected);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 4, acked: 4, abandoned: 0 });
      expect(log.position).toBe(4);
    });
  });

  it('acks what it drops with the result it was given', () => {
    run(({ flush }) => {
      const results: unknown[] = [];
      const log = new ScriptedLog('aBc', { encode: (result) => results.push(result) });
      const tasks = log.stream as unknown as DeliveryStream<string, number>;
      tasks
        .pipe(
          filterDelivery((value) => value === value.toLowerCase(), { result: 0 }),
          work((value) => value.charCodeAt(0)),
        )
        .subscribe();
      flush();
      expect(results).toEqual([97, 0, 99]);
    });
  });

  it('narrows the type of what it keeps', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aBc');
      const isLower = (value: string): value is 'a' | 'c' => value === value.toLowerCase();
      const kept = log.stream.pipe(
        filterDelivery(isLower),
        work((value): 'a' | 'c' => value),
      );

      expectObservable(kept).toBe('-a-(c|)');
    });
  });

  it('errors with a HandlerError when the predicate throws, and leaves the delivery unsettled', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const cause = new Error('no b');
      const broken = log.stream.pipe(
        filterDelivery((value) => {
          if (value === 'b') throw cause;
          return true;
        }),
        autoAck(),
      );
      const error = new HandlerError('filterDelivery failed on lance:log@1, attempt 1: no b', { cause });

      expectObservable(broken).toBe('-a#', undefined, error);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
    });
  });
});
