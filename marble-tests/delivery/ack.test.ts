import { concat, map, take } from 'rxjs';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { marbles } from '../../src/testing.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('ack', () => {
  it('settles each delivery and passes its value on', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('            -a-bc|');

      expectObservable(source.pipe(ack())).toBe('-a-bc|');
      expectFate(source).toBe('                  -a-aa|', { a: { fate: 'acked', by: 'ack' } });
    });
  });

  it('settles before it passes the value on: take(n) repeats nothing', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('            -a(bc|)', undefined, { hot: true });
      const twice = concat(source.pipe(ack(), take(2)), source.pipe(ack()));

      expectObservable(twice).toBe('             -a(bc|)');
      expectFate(source).toBe('                  -a(aa|)');
    });
  });

  it('settles before it passes the value on: an error below loses the value', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('            -abc|', undefined, { hot: true });
      const broken = source.pipe(
        ack(),
        map((value) => {
          if (value === 'b') throw new Error('below');
          return value;
        }),
      );

      expectObservable(broken).toBe('            -a#', undefined, /below/);
      expectObservable(source.pipe(ack()), '      ----^').toBe('----(c|)');
      expectFate(source).toBe('                  -aa-(a|)');
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
    marbles(({ deliveries, expectObservable, expectFate, expectCredit }) => {
      const source = deliveries('              -abcdef|', undefined, { hot: true });

      expectObservable(source.pipe(ack()), '        ^-! ').toBe('-a');
      expectFate(source).toBe('                    -a');
      expectCredit(source).toBe('                  4');
    });
  });
});
