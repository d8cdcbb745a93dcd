import { map } from 'rxjs';
import { json } from '../../src/codecs/payload/json.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles, tlv } from '../../src/testing.js';
import { textsIn } from './records.js';

describe('consume: records cut by fetches', () => {
  const values = ['', 'a', 'bb', 'x'.repeat(20), 'ccc', 'y'.repeat(300), 'd', '', 'z'];
  const all = tlv(...values);

  it.each([1, 2, 3, 4, 5, 6, 7, 13, 64, 299, 305, 306, 1000])('%i bytes at a time', (maxFetchBytes) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 0 });
      rig.server.append('log', all);
      const deliveries = watch(rig.client.consume('log', { until: 'end', maxFetchBytes }).pipe(map(acked)));
      yield 10_000;
      expect(deliveries.values.flatMap(({ value }) => textsIn(value))).toEqual(values);
      expect(deliveries.ended).toBe('complete');
      // Batches lie end to end, at the boundaries of records.
      let at = 0;
      for (const { value, source } of deliveries.values) {
        expect(source).toEqual({ system: 'lance', name: 'log', position: BigInt(at) });
        expect(value.position).toBe(BigInt(at));
        expect(value.byteLength).toBe(Number(value.nextOffset) - at);
        at = Number(value.nextOffset);
      }
      expect(at).toBe(all.length);
      expect(rig.server.counters.bytesFetched).toBe(all.length);
    });
  });

  it('a record larger than the window is delivered alone', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 0 });
      const long = 'l'.repeat(5000);
      rig.append('log', 'a', long, 'b'.repeat(1200));
      const seen = (): string[] =>
        deliveries.values.map(({ value }) =>
          textsIn(value)
            .map(([first]) => first)
            .join(),
        );
      const deliveries = watch(rig.client.consume('log', { until: 'end', window: { deliveries: 4, bytes: 1000 } }));
      yield 1000;
      expect(seen()).toEqual(['a']);
      deliveries.at(0).ack();
      yield 1000;
      expect(seen()).toEqual(['a', 'l']);
      deliveries.at(1).ack();
      yield 1000;
      expect(seen()).toEqual(['a', 'l', 'b']);
      deliveries.at(2).ack();
      yield 10;
      expect(deliveries.ended).toBe('complete');
    });
  });

  it('a record that announces too much ends the stream, after what is before it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const deliveries = watch(rig.client.consume('log', { maxRecordBytes: 10 }));
      yield 100;
      rig.append('log', 'b'.repeat(11));
      yield 200;
      expect(deliveries.values.map(({ value }) => textsIn(value))).toEqual([['a']]);
      expect(deliveries.error).toMatchObject({ code: 'LANCE_INVALID_RECORD', retryable: false });
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('a codec decodes what is asked for, when it is asked for', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', '{"n":1}', 'no json', '{"n":2}');
      const seen = watch(rig.client.consume('log', { until: 'end', codec: json<{ n: number }>() }).pipe(autoAck()));
      yield 200;
      const [batch] = seen.values;
      expect([batch?.value(0), batch?.value(2)]).toEqual([{ n: 1 }, { n: 2 }]);
      expect(() => batch?.value(1)).toThrow('json');
    });
  });

  function acked<D extends { ack(): unknown }>(delivery: D): D {
    delivery.ack();
    return delivery;
  }
});
