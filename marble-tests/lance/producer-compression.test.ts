import { uncompressSync } from 'lz4-napi';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { Flag } from '../../src/codecs/lance/header.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { lancePeer, marbles } from '../../src/testing.js';
import { connected } from './producing.js';

/** What a raw block was, of which whoever packed it has told the size. */
function unpacked(block: Uint8Array, size: number): Buffer {
  const prefixed = Buffer.alloc(4 + block.length);
  prefixed.writeUInt32LE(size);
  prefixed.set(block, 4);
  return uncompressSync(prefixed);
}

describe('compression: true', () => {
  it('sends a batch as one LZ4 block if that is smaller, flagged, and else as it is', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ compression: true });
      const texts = ['a'.repeat(300), 'b'.repeat(300)];
      watch(producer.sendBatch('log', texts));
      watch(producer.sendBatch('log', ['x']));
      yield 100;
      const [small, plain] = rig.wire.ingests;
      expect(small!.header).toMatchObject({ flags: Flag.BatchMode | Flag.Compressed, recordCount: 2 });
      expect(small!.payload.length).toBeLessThan(100);
      const { records } = decodeRecords(unpacked(small!.payload, 610));
      expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(texts);
      expect(plain!.header).toMatchObject({ flags: Flag.BatchMode, recordCount: 1, payloadLength: 6 });
      expect(producer.metrics()).toMatchObject({ records: 4, bytes: 6 + 610 + 6 });
    });
  });

  it('of a sink too; the server keeps the block as it came, which no reader can read', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const receipts = watch(rig.client.sink<string>('log', { compression: true })(['a'.repeat(1000)]));
      yield 200;
      expect(receipts.values).toMatchObject([{ records: 1, bytes: 1005 }]);
      const [frame] = rig.wire.ingests;
      expect(frame!.header.flags).toBe(Flag.BatchMode | Flag.Compressed);
      expect(Buffer.from(rig.server.read('log')).equals(frame!.payload)).toBe(true);
    });
  });

  it('sent again after a broken connection: the same block', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ compression: true });
      rig.server.faults.dropBeforeNextAcks(1);
      watch(producer.send('log', 'a'.repeat(1000)));
      yield 500;
      const [once, again] = rig.wire.ingests;
      expect(Buffer.from(again!.payload).equals(once!.payload)).toBe(true);
      expect(producer.bufferedBytes).toBe(0);
    });
  });

  it('is off by default', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      watch(producer.send('log', 'a'.repeat(1000)));
      yield 100;
      expect(rig.wire.ingests[0]!.header).toMatchObject({ flags: Flag.BatchMode, payloadLength: 1005 });
    });
  });
});

describe('widenRound', () => {
  it('sends an ack of 1 MiB, header and all, over each connection first', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(
        ({ name, header, end }) => void (name === 'Ingest' && end.write(ackFrame(header.batchIdLow))),
      );
      const producer = peer.producer({ widenRound: true });
      watch(producer.send(1, 'a'));
      yield 100;
      peer.ends[0]!.destroy();
      yield 50;
      watch(producer.send(1, 'b'));
      yield 100;
      expect(peer.heard.map(({ name, header }) => [name, header.payloadLength])).toEqual([
        ...[
          ['Ack', 1024 * 1024 - 44],
          ['Ingest', 6],
        ],
        ...[
          ['Ack', 1024 * 1024 - 44],
          ['Ingest', 6],
        ],
      ]);
      watch(producer.close());
    });
  });

  it('servers leave it unanswered', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const producer = rig.producer({ widenRound: true });
      const sends = ['a', 'b'].map((text) => watch(producer.sendBatch(1, [text])));
      yield 500;
      expect(sends.map(({ values }) => values)).toEqual([[1n], [2n]]);
      expect(rig.server.counters).toMatchObject({ acks: 2, brokenFrames: 0 });
      watch(producer.close());
    });
  });
});
