import { inspect } from 'node:util';
import { map } from 'rxjs';
import { json } from '../../src/codecs/payload/json.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { marbles } from '../../src/testing.js';

const lineOf = (value: unknown): string => inspect(value, { breakLength: Infinity, depth: 5 });

describe('a log shows of', () => {
  it('a batch and its records where they come from, and what they carry', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', '{"a":1}', 'no JSON');
      const stream = rig.client.consume('log', { codec: json() });
      const batches = watch(stream);
      yield 100;
      expect(batches.values.map(lineOf)).toEqual([
        "Delivery { source: 'lance:log at 0', attempt: 1, value: RecordBatch { length: 2, startOffset: 0, endOffset: 24 } }",
      ]);
      batches.unsubscribe();
      const deliveries = watch(stream.pipe(records()));
      yield 100;
      const [good, bad] = deliveries.values;
      const record = 'LanceRecord { type: 1, position: 0n, value: { a: 1 } }';
      expect(lineOf(good?.value)).toBe(record);
      expect(lineOf(good)).toBe(`Delivery { source: 'lance:log at 0', attempt: 1, value: ${record} }`);
      expect(JSON.parse(JSON.stringify(good))).toEqual({
        source: 'lance:log at 0',
        attempt: 1,
        value: { type: 1, position: '0', value: { a: 1 } },
      });
      expect(lineOf(bad?.value)).toMatch(
        /^LanceRecord \{ type: 1, position: 12n, error: 'json: .*at 12 of topic "log"\)' \}$/,
      );
      expect(inspect({ good }, { depth: 0 })).toBe('{ good: [Delivery] }');
      deliveries.unsubscribe();
      expect(lineOf(stream)).toBe(
        "LanceStream { name: 'lance:log', guarantee: 'at-least-once', delivered: 2, acked: 0, nacked: 0, dead: 0, abandoned: 2, late: 0 }",
      );
    });
  });

  it('a record without a codec its bytes', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'ab');
      const deliveries = watch(rig.client.consume('log').pipe(records()));
      yield 100;
      expect(lineOf(deliveries.values[0]?.value)).toBe('LanceRecord { type: 1, position: 0n, value: <Buffer 61 62> }');
      deliveries.unsubscribe();
    });
  });

  it('a message its value, or why that can not be read', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const added = watch(rig.client.queue.enqueue('q', 'no JSON'));
      yield 100;
      expect(added.ended).toBe('complete');
      const messages = watch(rig.client.queue.messages('q', { codec: json() }));
      yield 100;
      expect(lineOf(messages.values[0])).toMatch(
        /^Delivery \{ source: 'flo:q at 1', attempt: 1, error: 'json: .*' \}$/,
      );
      messages.unsubscribe();
    });
  });

  it('what an operator made of it', () => {
    marbles(({ deliveries, expectObservable }) => {
      const shown = deliveries('a|').pipe(
        mapDelivery((value) => value.toUpperCase()),
        map((delivery) => {
          delivery.ack();
          return lineOf(delivery);
        }),
      );
      const line = "Delivery { source: 'lance:deliveries at 0', attempt: 1, value: 'A' }";
      expectObservable(shown).toBe('x|', { x: line });
    });
  });
});
