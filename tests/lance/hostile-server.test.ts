import type { Socket } from 'node:net';
import { toArray } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { LanceError } from '../../src/codecs/lance/errors.js';
import { ackFrame, backpressureFrame, controlFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { encodeHeader, Flag, HEADER_BYTES, type HeaderFields } from '../../src/codecs/lance/header.js';
import { catchingUpResponse, errorResponse, fetchResponse, textResponse } from '../../src/codecs/lance/replies.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { randomFrom } from './random.js';
import { eventually, finished, QUICK, ScriptedServer, tlv, expectNothingUnhandled } from './scene.js';

expectNothingUnhandled();

const TOPICS = textResponse(Command.TopicResponse, '{"topics":[{"id":1,"name":"log","created_at":5,"topic_epoch":1}]}');

function header(fields: HeaderFields): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  encodeHeader(bytes, 0, fields);
  return bytes;
}

const seeded = (seed: number, length: number): Buffer => {
  const random = randomFrom(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
};

/** Bytes that a server might send instead of an answer. */
const NASTY: Record<string, Uint8Array> = {
  'random bytes': seeded(1, 4096),
  'more random bytes': seeded(2, 70_000),
  zeros: Buffer.alloc(100_000),
  HTTP: Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'.repeat(3)),
  'another version': Buffer.from(TOPICS).fill(9, 4, 5),
  'a header that announces 4 GiB': header({ flags: Flag.Control, batchIdLow: 0x80, payloadLength: 0xffff_ffff }),
  'a header that announces 2 GiB': header({ flags: Flag.Control, batchIdLow: 0x11, payloadLength: 0x7fff_ffff }),
  'a header that announces 17 MiB': header({ flags: Flag.Control, batchIdLow: 0xff, payloadLength: 17 << 20 }),
  'an ack that announces 1 GiB': header({ flags: Flag.Ack, payloadLength: 1 << 30 }),
  'frames nobody asked for': Buffer.concat([ackFrame(901), keepaliveFrame(), TOPICS, ackFrame(902)]),
  'a topic list that is no JSON': textResponse(Command.TopicResponse, '{"topics":['),
  'a topic list of something else': textResponse(Command.TopicResponse, '{"topics":[{"id":"one"}]}'),
  'a deep topic list': textResponse(Command.TopicResponse, '['.repeat(100_000)),
  'a payload with a wrong checksum': Buffer.from(TOPICS).fill(7, HEADER_BYTES, HEADER_BYTES + 1),
  'a fetch response without a head': controlFrame(Command.FetchResponse, Buffer.alloc(3)),
  'a fetch response that lies about its length': controlFrame(Command.FetchResponse, Buffer.alloc(16).fill(255, 8, 12)),
  'a position above 2^53': controlFrame(Command.FetchResponse, Buffer.alloc(16).fill(255, 0, 8)),
  'a catching up without an offset': controlFrame(Command.CatchingUp, Buffer.alloc(2)),
};

async function against(
  onConnection: (socket: Socket, connection: number) => void,
  test: (port: number, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const server = new ScriptedServer(onConnection);
  const port = await server.listen();
  try {
    await test(port, server);
  } finally {
    await server.close();
  }
}

const options = (port: number): ConstructorParameters<typeof LanceClient>[0] => ({
  port,
  requestTimeoutMs: 2000,
  reconnect: { ...QUICK, maxAttempts: 4 },
});

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  );

/** Growth of memory outside of the heap over what `act` does, in bytes; large buffers show, whatever becomes of them. */
async function growth(act: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage();
  await act();
  const after = process.memoryUsage();
  return after.arrayBuffers - before.arrayBuffers;
}

describe.each(Object.entries(NASTY))('a server that sends %s', (_, bytes) => {
  it('to whoever connects: every session ends with an error of its own', async () => {
    await against(
      (socket) => socket.write(bytes),
      async (port) => {
        const grown = await growth(async () => {
          const client = new LanceClient(options(port));
          const errors = await Promise.all([
            failure(finished(client.listTopics())),
            failure(finished(client.consume('log'))),
            failure(finished(client.consume(1))),
          ]);
          for (const error of errors) expect(error).toBeInstanceOf(LanceError);
          await finished(client.close());
        });
        expect(grown).toBeLessThan(8 << 20);
      },
    );
  });

  it('instead of the answer to a fetch: the stream ends, and nothing of it is delivered', async () => {
    await against(
      (socket) => answerFetches(socket, () => socket.write(bytes)),
      async (port) => {
        const client = new LanceClient(options(port));
        const delivered: unknown[] = [];
        const reading = client
          .consume('log')
          .subscribe({ next: (delivery) => delivered.push(delivery), error: (error) => (failed = error) });
        let failed: unknown;
        await eventually(() => failed !== undefined);
        expect(failed).toBeInstanceOf(LanceError);
        expect(delivered).toEqual([]);
        expect(reading.closed).toBe(true);
        await finished(client.close());
      },
    );
  });

  it('instead of acks: the producer goes on until its time is up', async () => {
    await against(
      (socket) => {
        socket.on('data', (data) => socket.write(data.readUInt8(5) === Flag.BatchMode ? bytes : TOPICS));
      },
      async (port) => {
        const producer = new Producer({
          ...options(port),
          requestTimeoutMs: 20,
          deliveryTimeoutMs: 100,
          reconnect: QUICK,
        });
        const error = await failure(finished(producer.send('log', 'x')));
        expect(error).toMatchObject({ code: 'LANCE_TIMEOUT', retryable: true });
        await finished(producer.close());
      },
    );
  });
});

describe('a server that', () => {
  it('sends one byte at a time is understood', async () => {
    await against(
      (socket) => {
        const slowly = (bytes: Uint8Array): void => {
          for (const byte of bytes) socket.write(Buffer.of(byte));
        };
        answerFetches(
          socket,
          (start) =>
            slowly(
              start === 0 ? fetchResponse(12, tlv([Buffer.of(1), Buffer.of(2)])) : fetchResponse(12, Buffer.alloc(0)),
            ),
          slowly,
        );
      },
      async (port) => {
        const client = new LanceClient(options(port));
        const batches = await finished(client.consume('log', { until: 12n }).pipe(autoAck(), toArray()));
        expect(batches?.map(({ length }) => length)).toEqual([2]);
        await finished(client.close());
      },
    );
  });

  it('accepts and says nothing: the request times out, and again on every new connection', async () => {
    await against(
      () => {},
      async (port, server) => {
        const client = new LanceClient({ ...options(port), requestTimeoutMs: 20 });
        expect(await failure(finished(client.listTopics()))).toMatchObject({ code: 'LANCE_TIMEOUT' });
        expect(await failure(finished(client.consume('log')))).toMatchObject({ code: 'LANCE_TIMEOUT' });
        expect(server.connections).toBe(6);
      },
    );
  });

  it('closes as soon as it is asked: an error, after as many attempts as allowed', async () => {
    await against(
      (socket) => socket.on('data', () => socket.destroy()),
      async (port, server) => {
        const client = new LanceClient(options(port));
        expect(await failure(finished(client.consume('log')))).toMatchObject({
          code: 'LANCE_CONNECTION',
          retryable: true,
        });
        expect(server.connections).toBe(5);
      },
    );
  });

  it('sends more than was asked for is not believed', async () => {
    await against(
      (socket) => answerFetches(socket, (start) => socket.write(fetchResponse(start + 105, tlv([Buffer.alloc(100)])))),
      async (port) => {
        const client = new LanceClient(options(port));
        expect(await failure(finished(client.consume('log', { maxFetchBytes: 104 })))).toMatchObject({
          code: 'LANCE_INVALID_FRAME',
        });
      },
    );
  });

  it('contradicts itself is asked again, but not for ever', async () => {
    await against(
      (socket) => answerFetches(socket, () => socket.write(errorResponse('Topic 1 not found'))),
      async (port) => {
        const client = new LanceClient(options(port));
        expect(await failure(finished(client.consume('log')))).toMatchObject({ code: 'LANCE_TOPIC_NOT_FOUND' });
      },
    );
  });

  it('never knows where the topic ends is asked again, but not for ever', async () => {
    await against(
      (socket) => answerFetches(socket, () => socket.write(catchingUpResponse(0))),
      async (port) => {
        const client = new LanceClient(options(port));
        expect(await failure(finished(client.consume('log', { from: 'end' })))).toMatchObject({
          code: 'LANCE_CATCHING_UP',
        });
      },
    );
  });

  it('floods with acks, errors and backpressure: memory is bounded, and what is acknowledged counts', async () => {
    const flood = Buffer.concat([
      ...Array.from({ length: 2000 }, (_, i) => ackFrame(i + 1000)),
      backpressureFrame(),
      keepaliveFrame(),
    ]);
    await against(
      (socket) => {
        let acked = 0;
        socket.on('data', (data) => {
          if (data.readUInt8(5) !== Flag.BatchMode) return socket.write(TOPICS);
          for (let i = 0; i < 10; i++) socket.write(flood);
          return socket.write(ackFrame(++acked));
        });
      },
      async (port) => {
        const producer = new Producer({ ...options(port), maxPendingAcks: 1 });
        await finished(producer.send('log', 'warm up'));
        const grown = await growth(async () => {
          for (let i = 0; i < 5; i++) await finished(producer.send('log', 'x'));
        });
        expect(grown).toBeLessThan(8 << 20);
        expect(producer.bufferedBytes).toBe(0);
        await finished(producer.close());
      },
    );
  });

  it('answers a producer with errors only: each is told once, and nothing is kept', async () => {
    await against(
      (socket) => {
        socket.on('data', (data) => {
          const isIngest = data.readUInt8(5) === Flag.BatchMode;
          if (!isIngest) socket.write(TOPICS);
          for (let i = 0; isIngest && i < 50; i++) socket.write(errorResponse(`error ${i}`));
        });
      },
      async (port) => {
        const producer = new Producer({ ...options(port), maxPendingAcks: 1 });
        for (let i = 0; i < 3; i++) {
          expect(await failure(finished(producer.send('log', 'x')))).toMatchObject({ code: 'LANCE_SERVER' });
        }
        await finished(producer.close());
      },
    );
  });
});

/** Answers the search for the topic; a fetch is left to the test. */
function answerFetches(
  socket: Socket,
  onFetch: (start: number) => void,
  write = (bytes: Uint8Array): unknown => socket.write(bytes),
): void {
  let inbox = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    inbox = Buffer.concat([inbox, data]);
    while (inbox.length >= HEADER_BYTES && inbox.length >= HEADER_BYTES + inbox.readUInt32LE(32)) {
      const command = inbox.readUInt8(12);
      if (command === Command.ListTopics) write(TOPICS);
      if (command === Command.Fetch) onFetch(inbox.readUInt32LE(HEADER_BYTES + 4));
      inbox = inbox.subarray(HEADER_BYTES + inbox.readUInt32LE(32));
    }
  });
}
