import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { ackFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { createTopicRequest, fetchRequest, listTopicsRequest } from '../../src/codecs/lance/requests.js';
import { fetchResponse } from '../../src/codecs/lance/replies.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { tcp } from '../../src/transports/tcp.js';
import { marbles, until, type LanceRig, type MarbleKit, type Script } from '../../src/testing.js';
import { really } from '../real-time.js';
import { Wire } from './wire.js';

interface Vector {
  readonly name: string;
  readonly hex: string;
}
const { vectors } = JSON.parse(readFileSync('tests/vectors/lance.json', 'utf8')) as { vectors: readonly Vector[] };
const hexOf = (name: string): string => vectors.find((vector) => vector.name === name)?.hex ?? `no vector ${name}`;
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

function ingest(id: number, topicId = 1, text = `batch ${id}`): Uint8Array {
  return ingestFrame({ topicId, batchIdLow: id, timestampMs: 0, recordCount: 1 }, Buffer.from(text));
}

const ACK_DELAY_MS = 5;

/** A server with the topic `events`, id 1, 10 ms away, and connections to it, in virtual time. */
function withServer(script: (rig: LanceRig, open: () => Wire, expectWire: MarbleKit['expectWire']) => Script): void {
  marbles(function* ({ lance, expectWire }) {
    const rig = lance({ ackDelayMs: ACK_DELAY_MS });
    rig.server.createTopic('events');
    yield* script(rig, () => new Wire(rig.connector()), expectWire);
  });
}

describe('what overtakes an ack (section 1.3)', () => {
  it('a keepalive echo', () => {
    withServer(function* (rig, open, expectWire) {
      const wire = open();
      expectWire(rig.wire).toBe('(CIK) 15ms (ok)-a');
      wire.send(ingest(1), keepaliveFrame());
      yield 100;
      expect(wire.takeAll().join('')).toBe(hexOf('stream_keepalive_overtakes_ack'));
    });
  });

  it('a control reply', () => {
    marbles(function* ({ lance, expectWire }) {
      const { connector, wire: drawn } = lance({ ackDelayMs: ACK_DELAY_MS });
      const wire = new Wire(connector());
      expectWire(drawn).toBe('(CIL) 15ms (ot)-a');
      // To topic 0, since the recorded list of topics is empty.
      wire.send(ingest(1, 0), listTopicsRequest());
      yield 100;
      expect(wire.takeAll().join('')).toBe(hexOf('stream_control_overtakes_ack'));
    });
  });

  it('the error of a later ingest', () => {
    withServer(function* (rig, open, expectWire) {
      const wire = open();
      expectWire(rig.wire).toBe('(CIII) 14ms (oe)-(ab)', {
        a: { name: 'Ack', batchId: 1 },
        b: { name: 'Ack', batchId: 3 },
      });
      wire.send(ingest(1), ingest(2, 99), ingest(3));
      yield 100;
      expect(wire.takeAll().join('')).toBe(hexOf('stream_error_before_ack'));
    });
  });

  it('nothing that was sent after the ack came', () => {
    withServer(function* (rig, open, expectWire) {
      const wire = open();
      // The echo would have been there a millisecond after the connection was.
      expectWire(rig.wire).toBe('(CI)-K 14ms o----(ak)');
      wire.send(ingest(1));
      yield ACK_DELAY_MS;
      wire.send(keepaliveFrame());
      yield 100;
      expect(wire.takeAll()).toEqual([hex(ackFrame(1)), hex(keepaliveFrame())]);
    });
  });
});

it('acknowledges a round in the order of its ingests', () => {
  withServer(function* (rig, open, expectWire) {
    const wire = open();
    expectWire(rig.wire).toBe('(CIII) 14ms o----(abc)', {
      a: { name: 'Ack', batchId: 1 },
      b: { name: 'Ack', batchId: 2 },
      c: { name: 'Ack', batchId: 3 },
    });
    wire.send(ingest(1), ingest(2), ingest(3));
    yield 100;
    expect(wire.takeAll().join('')).toBe(hexOf('stream_ack_burst'));
  });
});

it('takes ackDelayMs to acknowledge, exactly', () => {
  withServer(function* (rig, open, expectWire) {
    const wire = open();
    expectWire(rig.wire).toBe('C 19ms (oI) 21ms a');
    yield* until(() => wire.opened);
    wire.send(ingest(1));
    yield 100;
    expect(wire.takeAll()).toEqual([hex(ackFrame(1))]);
  });
});

it('answers a fetch that was read together with an ingest with the old end, and later ones with the new', () => {
  withServer(function* (rig, open, expectWire) {
    const wire = open();
    expectWire(rig.wire).toBe('(CIFF) 14ms (off)a 74ms F 19ms g', {
      f: { name: 'FetchResponse', next: 0 },
      g: { name: 'FetchResponse', next: 3 },
    });
    wire.send(ingest(1, 1, 'new'), fetchRequest(1, 0, 100), fetchRequest(1, 'end', 1));
    yield 100;
    const empty = hex(fetchResponse(0, new Uint8Array(0)));
    expect(wire.takeAll()).toEqual([empty, empty, hex(ackFrame(1))]);
    wire.send(fetchRequest(1, 0, 100));
    yield 100;
    expect(wire.takeAll()).toEqual([hex(fetchResponse(3, Buffer.from('new')))]);
  });
});

it('shows data to other connections while the ack is on its way', () => {
  withServer(function* ({ wire }, open, expectWire) {
    const [producer, reader] = [open(), open()];
    expectWire(wire.connection(1)).toBe('(CI) 16ms     o----a');
    expectWire(wire.connection(2)).toBe('C---F-F 13ms o---f-g', {
      f: { name: 'FetchResponse', next: 0 },
      g: { name: 'FetchResponse', next: 3 },
    });
    producer.send(ingest(1, 1, 'new'));
    yield 4;
    reader.send(fetchRequest(1, 0, 100));
    yield 2;
    reader.send(fetchRequest(1, 0, 100));
    yield 100;
    expect(reader.takeAll()).toEqual([
      hex(fetchResponse(0, new Uint8Array(0))),
      hex(fetchResponse(3, Buffer.from('new'))),
    ]);
  });
});

it('stores, but does not acknowledge, what stood in front of a broken frame; answers before it arrive', () => {
  withServer(function* ({ server, wire: drawn }, open, expectWire) {
    const wire = open();
    expectWire(drawn).toBe('(CIK?) 14ms (okx)');
    wire.send(ingest(1, 1, 'kept'), keepaliveFrame(), hexOf('bad_magic'), ingest(2, 1, 'never seen'));
    yield 100;
    expect(wire.takeAll()).toEqual([hex(keepaliveFrame())]);
    expect(wire.closed).toBe(true);
    expect(Buffer.from(server.read('events')).toString()).toBe('kept');
    expect(server.counters.brokenFrames).toBe(1);
  });
});

it('stores what was read, even if the client leaves before the ack', () => {
  withServer(function* ({ server }, open) {
    const wire = open();
    yield* until(() => wire.opened);
    wire.send(ingest(1, 1, 'kept'));
    wire.close();
    yield 100;
    expect(Buffer.from(server.read('events')).toString()).toBe('kept');
    expect(server.counters.connections).toEqual({ open: 0, total: 1 });
  });
});

it('gives a client that ends its sending side its acks, then the end of the stream', async () => {
  const server = await firstValueFrom(new LanceServer({ ackDelayMs: 50 }).start());
  server.createTopic('events');
  const got: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port: server.port, host: server.host, allowHalfOpen: true });
    socket
      .on('data', (bytes) => got.push(bytes))
      .once('end', () => socket.destroy())
      .once('close', resolve)
      .once('error', reject);
    socket.write(Buffer.concat([createTopicRequest('other'), ingest(1), ingest(2)]));
    socket.end();
  });
  await lastValueFrom(server.stop());
  const bytes = Buffer.concat(got).toString('hex');
  expect(bytes.endsWith(hex(ackFrame(1)) + hex(ackFrame(2)))).toBe(true);
});

it('keeps the order of one connection over real sockets under load', async () => {
  const server = await firstValueFrom(new LanceServer().start());
  server.createTopic('events');
  await really(
    (function* () {
      const wire = new Wire(tcp({ host: server.host, port: server.port }));
      yield* until(() => wire.opened);
      for (let id = 1; id <= 2000; id++) wire.send(ingest(id, 1, `${id},`));
      yield* until(() => wire.waiting === 2000 * 44);
      expect(wire.takeAll()).toEqual(Array.from({ length: 2000 }, (_, i) => hex(ackFrame(i + 1))));
    })(),
  );
  const expected = Array.from({ length: 2000 }, (_, i) => `${i + 1},`).join('');
  expect(Buffer.from(server.read('events')).toString()).toBe(expected);
  await lastValueFrom(server.stop());
});
