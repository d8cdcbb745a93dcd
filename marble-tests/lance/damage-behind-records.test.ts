import { map } from 'rxjs';
import { InvalidRecordError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles, tlv } from '../../src/testing.js';
import { textsIn } from './records.js';

const DAMAGE = Buffer.alloc(40, 'x');

describe('damage behind whole records in one fetch', () => {
  it.each([7, 20, 30, 1_000])('the records are given out first, fetched by %i bytes', (maxFetchBytes) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      rig.server.append('log', Buffer.concat([DAMAGE, tlv('d')]));
      const seen = watch(rig.client.consume('log', { maxFetchBytes }).pipe(autoAck(), map(textsIn)));
      yield 1_000;
      expect(seen.values.flat()).toEqual(['a', 'b', 'c']);
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
      expect(seen.error).toMatchObject({
        message: 'topic "log", the record at 18: a record announces 2021161080 bytes: at most 16777216 allowed',
        context: { topic: 'log', position: 18 },
      });
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('the error waits until there is room in the window', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      rig.server.append('log', DAMAGE);
      const seen = watch(rig.client.consume('log', { window: { deliveries: 1 } }));
      yield 1_000;
      expect([seen.values.length, seen.ended]).toEqual([1, undefined]);
      seen.at(0).ack();
      yield 100;
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
    });
  });

  it('up to an end in front of it nothing is wrong', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      rig.server.append('log', DAMAGE);
      const seen = watch(rig.client.consume('log', { until: 12 }).pipe(autoAck(), map(textsIn)));
      yield 1_000;
      expect([seen.values, seen.ended]).toEqual([[['a', 'b']], 'complete']);
    });
  });
});
