import { PayloadError } from '../../src/codecs/payload/errors.js';
import { lz4 } from '../../src/codecs/payload/lz4.js';
import { text } from '../../src/codecs/payload/text.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { marbles } from '../../src/testing.js';

const codec = lz4(text());

/** 20 000 bytes once they are decoded, some hundred before. */
const packed = codec.encode('long'.repeat(5_000));

describe('values that expand', () => {
  it('count as what they declare: a batch waits, compressed, until the window has room', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', packed, packed, packed, packed);
      const window = new Window({ deliveries: 10, bytes: 45_000 });
      const stream = rig.client.consume('log', { codec, window, maxFetchBytes: packed.length + 5, prefetch: 8 });
      const seen = watch(stream);
      yield 1_000;
      expect(seen.values).toHaveLength(2);
      expect(window.bytes).toBeLessThanOrEqual(45_000);
      expect(window.bytes).toBeGreaterThan(40_000);
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['window'] }]);
      seen.at(0).ack();
      yield 1_000;
      expect(seen.values).toHaveLength(3);
      seen.at(1).ack();
      seen.at(2).ack();
      yield 1_000;
      expect(seen.values.map(({ value }) => value.value(0).length)).toEqual([20_000, 20_000, 20_000, 20_000]);
      seen.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a batch that declares more than the window has comes alone', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', packed, packed, packed);
      const window = { deliveries: 10, bytes: 19_000 };
      const seen = watch(rig.client.consume('log', { codec, window, maxFetchBytes: packed.length + 5 }));
      for (let settled = 0; settled < 3; settled++) {
        yield 1_000;
        expect(seen.values).toHaveLength(settled + 1);
        seen.at(settled).ack();
      }
      seen.unsubscribe();
    });
  });

  it('the sum over a batch counts, not the largest value', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', packed, packed, packed, packed, packed);
      const window = new Window({ deliveries: 10, bytes: 1 << 20 });
      const seen = watch(rig.client.consume('log', { codec, window, until: 'end' }));
      yield 1_000;
      expect(seen.values).toHaveLength(1);
      expect(window.bytes).toBe(5 * (packed.length + 5 + 20_000));
      seen.unsubscribe();
    });
  });

  it('what lies about its size is never decoded, and takes no room for it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const liars = [0xffff_ffff, 0x0100_0001, 10_000_000].map((size) => {
        const bytes = Buffer.from(packed);
        bytes.writeUInt32LE(size);
        return bytes;
      });
      rig.append('log', ...liars, packed);
      const window = new Window({ deliveries: 10, bytes: 1 << 20 });
      const seen = watch(rig.client.consume('log', { codec, window, until: 'end' }));
      yield 1_000;
      expect(window.bytes).toBe(4 * (packed.length + 5) + 20_000);
      const batch = seen.at(0).value;
      for (let i = 0; i < 3; i++) expect(() => batch.value(i)).toThrow(PayloadError);
      expect(batch.value(3)).toHaveLength(20_000);
      seen.unsubscribe();
    });
  });

  it('other codecs are not asked', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', packed);
      const window = new Window({ deliveries: 10, bytes: 1 << 20 });
      const seen = watch(rig.client.consume('log', { window, until: 'end' }));
      yield 1_000;
      expect(window.bytes).toBe(packed.length + 5);
      seen.unsubscribe();
    });
  });
});
