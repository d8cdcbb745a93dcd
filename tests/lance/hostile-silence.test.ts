import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { lastValueFrom, merge, toArray } from 'rxjs';
import { SluiceError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { Bully, DATA_END } from './hostile/bully.js';
import { eventually, expectNothingUnhandled, finished, QUICK } from './scene.js';

expectNothingUnhandled();

const MIB = 1 << 20;

/** A server that may leave its sockets half open. */
async function against(onConnection: (socket: Socket) => void, test: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('a server that never reads', () => {
  it('holds up a producer, whose memory stays bounded; what went into the socket is unknown, the rest was not sent', async () => {
    await against(
      (socket) => void socket.pause(),
      async (port) => {
        const producer = new Producer({
          port,
          requestTimeoutMs: 300,
          deliveryTimeoutMs: 1_500,
          reconnect: { ...QUICK, maxAttempts: 2 },
          batchSize: MIB,
          bufferBytes: 8 * MIB,
        });
        const before = process.memoryUsage().arrayBuffers;
        const record = Buffer.alloc(MIB / 2);
        // By number: there is nobody who would tell the id of a name.
        const sends = Array.from({ length: 40 }, () => errorOf(finished(producer.send(1, record))));
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * MIB);
        const errors = await Promise.all(sends);
        const outcomes = new Map<unknown, number>();
        for (const error of errors) {
          if (!(error instanceof SluiceError)) throw new Error(String(error));
          const what = `${error.code} ${String(error.context['outcome'])}`;
          outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
        }
        // Fifteen fit, with what a record has around it; two of a batch, and two batches, were on their way.
        expect(Object.fromEntries(outcomes)).toEqual({
          'LANCE_BACKPRESSURE not sent': 25,
          'LANCE_TIMEOUT unknown': expect.any(Number),
          'LANCE_TIMEOUT not sent': expect.any(Number),
        });
        expect(producer.bufferedBytes).toBe(0);
        await finished(producer.close());
      },
    );
  });

  it('costs whoever asks one timeout per attempt', async () => {
    await against(
      (socket) => void socket.pause(),
      async (port) => {
        const client = new LanceClient({ port, requestTimeoutMs: 100, reconnect: { ...QUICK, maxAttempts: 2 } });
        expect(await errorOf(finished(client.consume('log')))).toMatchObject({
          code: 'LANCE_TIMEOUT',
          retryable: true,
        });
        expect(await errorOf(finished(client.listTopics()))).toMatchObject({ code: 'LANCE_TIMEOUT' });
        await finished(client.close());
      },
    );
  });
});

describe('a server that ends its side and goes on reading', () => {
  it('is left: a stream reads on over another connection', async () => {
    const good = new Bully({ act: () => {} }, 'ingest', 0);
    let connections = 0;
    await against(
      (socket) => {
        const received = good.meets(socket);
        const isFirst = ++connections === 1;
        socket.on('end', () => socket.end());
        socket.on('data', (bytes) => {
          received(bytes);
          // Behind the answer to the first question; whatever is asked then is read, and never answered.
          if (isFirst) socket.end();
        });
      },
      async (port) => {
        const client = new LanceClient({ port, reconnect: QUICK });
        const batches = await lastValueFrom(client.consume('log', { until: DATA_END }).pipe(autoAck(), toArray()));
        expect(batches.reduce((sum, { length }) => sum + length, 0)).toBe(3);
        expect(connections).toBe(2);
        await finished(client.close());
      },
    );
  });

  it('is left: batches that were on their way are sent again', async () => {
    const good = new Bully({ act: () => {} }, 'ingest', 0);
    let ingests = 0;
    await against(
      (socket) => {
        const received = good.meets(socket);
        socket.on('end', () => socket.end());
        socket.on('data', (bytes) => {
          if (bytes[5] === 0x04 && ++ingests === 1) socket.end();
          else received(bytes);
        });
      },
      async (port) => {
        const producer = new Producer({ port, reconnect: QUICK });
        await lastValueFrom(merge(producer.send('log', 'a'), producer.send('log', 'b')));
        expect(ingests).toBeGreaterThan(1);
        expect(good.acked).toBeGreaterThan(0);
        await finished(producer.close());
      },
    );
  });
});

it('a reply that comes byte by byte, and slower than requestTimeoutMs, is a timeout; nothing is left of it', async () => {
  const sockets: Socket[] = [];
  await against(
    (socket) => {
      sockets.push(socket);
      socket.on('end', () => socket.end());
      const answer = Buffer.alloc(44);
      answer.write('4c414e430140000026d54b1b80', 'hex');
      socket.on('data', () => {
        const drip = (at: number): void => {
          if (at < answer.length && socket.writable)
            setTimeout(() => socket.write(answer.subarray(at, at + 1), () => drip(at + 1)), 20);
        };
        drip(0);
      });
    },
    async (port) => {
      const client = new LanceClient({ port, requestTimeoutMs: 200 });
      expect(await errorOf(finished(client.listTopics()))).toMatchObject({ code: 'LANCE_TIMEOUT' });
      await eventually(() => sockets.every(({ closed }) => closed));
      await finished(client.close());
    },
  );
});
