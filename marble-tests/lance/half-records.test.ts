import { map } from 'rxjs';
import { compressBlock } from '../../src/codecs/payload/lz4-block.js';
import { InvalidRecordError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import { TruncatedError } from '../../src/observables/lance/consuming/truncated-error.js';
import { marbles, tlv } from '../../src/testing.js';
import { textsIn } from './records.js';
import { connected, consumerOf, polled } from './standalone.js';

/** Looks like a record that announces a hundred bytes, of which ten are there. */
const HALF = Buffer.concat([Buffer.from([1, 100, 0, 0, 0]), Buffer.alloc(10, 'h')]);

const ERROR = {
  name: 'InvalidRecordError',
  retryable: false,
  message:
    'topic "log", the record at 6: it announces 100 bytes, of which 10 are there, and the rest does not come: ' +
    'what was written there is no TLV record (a batch compressed by the producer?)',
  context: { topic: 'log', position: 6, length: 100, present: 10 },
};

describe('half a record at the end of a topic', () => {
  it('is waited for, for five seconds: then it is none', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const seen = watch(rig.client.consume('log').pipe(retryBackoff(), autoAck(), map(textsIn)));
      yield 5_000;
      expect(seen.ended).toBeUndefined();
      yield 300;
      expect(seen.values).toEqual([['a']]);
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
      expect(seen.error).toMatchObject(ERROR);
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('is none, too, if it swallows what is written behind it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      for (let at = 0; at < 6; at++) {
        yield 900;
        rig.append('log', 'b');
      }
      expect(seen.values).toEqual([['a']]);
      expect(seen.error).toMatchObject({ name: 'InvalidRecordError', context: { position: 6 } });
    });
  });

  it('is none, too, if not even its header is there', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', Buffer.from([1, 100, 0]));
      const seen = watch(rig.client.consume(1).pipe(autoAck()));
      yield 6_000;
      expect(seen.error).toMatchObject({
        message: expect.stringMatching(/at 6: it has 3 of the 5 bytes of its header/),
      });
    });
  });

  it('is a record if the rest comes in time, however often that happens', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const whole = tlv('whole');
      rig.append('log', '');
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      for (let at = 0; at < 4; at++) {
        rig.server.append('log', whole.subarray(0, 7));
        yield 4_500;
        rig.server.append('log', whole.subarray(7));
        yield 100;
      }
      expect(seen.values.flat()).toEqual(['', 'whole', 'whole', 'whole', 'whole']);
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('the time with each server counts by itself', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const bytes = tlv('late');
      rig.server.append('log', bytes.subarray(0, 7));
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 4_000;
      rig.stop();
      yield 3_000;
      rig.start();
      yield 4_000;
      rig.server.append('log', bytes.subarray(7));
      yield 100;
      expect(seen.values).toEqual([['a'], ['late']]);
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('where reading was to begin it speaks against the place: onTruncated decides', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const failing = watch(rig.client.consume('log', { from: 6n }));
      const stream = rig.client.consume('log', { from: 6n, onTruncated: 'end' });
      const going = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 6_000;
      expect(failing.error).toBeInstanceOf(TruncatedError);
      expect(failing.error).toMatchObject({
        position: 6n,
        message: expect.stringMatching(/^no records are at 6 of topic "log", .* no record \(the option onTruncated/),
        context: { topic: 'log' },
        cause: ERROR,
      });
      rig.append('log', 'b');
      yield 100;
      expect(going.values).toEqual([['b']]);
      expect(stream.metrics().truncations).toBe(1);
      going.unsubscribe();
    });
  });

  it('is read once more from its beginning: segments may have been deleted meanwhile', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const half = tlv('x'.repeat(100)).subarray(0, 20);
      rig.server.append('log', half);
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 1_000;
      // What is left ends where the half record did.
      rig.append('log', 'y'.repeat(15), 'z');
      rig.server.faults.trimTopic('log', 26);
      yield 10_000;
      expect(seen.values.flat()).toContain('a');
      expect(seen.error).toMatchObject({ name: 'TruncatedError', position: 6n });
    });
  });

  it("until: 'end' does not complete in front of it, as if nothing could be behind it", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const [toEnd, within, beyond] = (['end', 10n, 1_000n] as const).map((until) =>
        watch(rig.client.consume('log', { until }).pipe(autoAck(), map(textsIn))),
      );
      yield 6_000;
      for (const seen of [toEnd, within, beyond]) {
        expect(seen?.values).toEqual([['a']]);
        expect(seen?.error).toMatchObject(ERROR);
      }
    });
  });

  it("until: 'end' has the whole of a record of which only a part was there", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const whole = tlv('whole');
      rig.append('log', 'a');
      rig.server.append('log', whole.subarray(0, 7));
      const seen = watch(rig.client.consume('log', { until: 'end' }).pipe(autoAck(), map(textsIn)));
      yield 1_000;
      rig.server.append('log', whole.subarray(7));
      rig.append('log', 'later');
      yield 1_000;
      expect(seen.values).toEqual([['a'], ['whole']]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('a position inside a record, whose bytes there look like a longer one, is no reason to complete with nothing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', '\x01\x40\x00\x00\x00', 'b');
      const seen = watch(rig.client.consume('log', { from: 5n, until: 'end' }).pipe(autoAck()));
      yield 6_000;
      expect(seen.values).toEqual([]);
      expect(seen.error).toMatchObject({ name: 'TruncatedError', position: 5n });
    });
  });

  it('a batch that was compressed as a whole is such a thing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', compressBlock(tlv('abcdefgh'.repeat(1_000))).subarray(4));
      const seen = watch(rig.client.consume('log').pipe(autoAck()));
      yield 6_000;
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
    });
  });
});

describe('poll, half a record at the end', () => {
  it('there is nothing for five seconds; then every poll says that it is no record, until one seeks', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const consumer = yield* connected(watch(consumerOf(rig)));
      const outcomes: unknown[] = [];
      for (let at = 0; at < 9; at++) {
        const poll = watch(consumer.poll({ timeoutMs: 900 }));
        yield 1_000;
        outcomes.push(poll.error ?? polled(poll)[0]);
        rig.append('log', 'b');
      }
      const none = expect.objectContaining({ name: 'InvalidRecordError', retryable: false });
      expect(outcomes).toEqual([['a'], undefined, undefined, undefined, undefined, undefined, none, none, none]);
      expect(consumer.position).toBe(6n);
      watch(consumer.seek(6 + HALF.length));
      const later = watch(consumer.poll());
      yield 100;
      expect(polled(later)).toEqual([Array.from({ length: 9 }, () => 'b')]);
    });
  });

  it('where it was to begin it speaks against the place', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.append('log', HALF);
      const consumer = yield* connected(watch(consumerOf(rig, { startPosition: 6n })));
      const errors: unknown[] = [];
      for (let at = 0; at < 7; at++) {
        const poll = watch(consumer.poll());
        yield 1_000;
        errors.push(poll.error);
      }
      expect(errors.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => undefined));
      expect(errors[6]).toBeInstanceOf(TruncatedError);
    });
  });
});
