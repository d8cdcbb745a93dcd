import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { ackFrame, controlFrame, HEADER_BYTES } from '../../benchmarks/fake-server/frames.js';
import { PERIOD_BYTES, type TopicPlan } from '../../benchmarks/fake-server/synthetic-topic.js';
import { fillTopic } from '../../benchmarks/genuine/fill-topic.js';
import { GenuineGround } from '../../benchmarks/genuine/genuine-ground.js';
import { RawLance } from '../../benchmarks/genuine/raw-lance.js';
import type { Heat } from '../../benchmarks/harness/heat.js';
import { answerWithin } from '../../benchmarks/harness/answer-within.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { finished } from '../lance/scene.js';

const PATIENCE_MS = 100;

interface Silent {
  readonly address: { readonly host: string; readonly port: number };
  /** How many connections are open. */
  readonly open: () => number;
}

/** A server that takes everything, and answers as `answer` does: by default never. */
async function withServer(
  test: (server: Silent) => Promise<void>,
  answer: (socket: Socket, bytes: number) => void = () => undefined,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => answer(socket, chunk.length));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await test({ address: { host: '127.0.0.1', port }, open: () => sockets.size });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const topic: TopicPlan = { name: 'filled', id: 1, recordBytes: 1024, totalBytes: 3 * PERIOD_BYTES };

describe('a benchmark with a genuine server', () => {
  test('ends when a topic is filled and the server says nothing more, and says what it waited for', async () => {
    await withServer(async ({ address }) => {
      await expect(fillTopic(address, topic, PATIENCE_MS)).rejects.toThrow(
        `127.0.0.1:${address.port} has not said anything for 0.1 s; waited for the acknowledgement of batch 1 of 3 of topic filled`,
      );
    });
  });

  test('waits on as long as there is progress', async () => {
    let received = 0;
    let acked = 0;
    const ackTwo = (socket: Socket, bytes: number): void => {
      received += bytes;
      for (; acked < 2 && received >= (acked + 1) * (HEADER_BYTES + PERIOD_BYTES); acked++) socket.write(ackFrame());
    };
    await withServer(async ({ address }) => {
      await expect(fillTopic(address, topic, 10 * PATIENCE_MS)).rejects.toThrow('batch 3 of 3 of topic filled');
    }, ackTwo);
  });

  test('ends when the server goes away, or refuses a batch, while a topic is filled', async () => {
    await withServer(
      async ({ address }) => {
        await expect(fillTopic(address, topic)).rejects.toThrow(/closed the connection; waited for .* batch 1 of 3/);
      },
      (socket) => socket.destroy(),
    );
    await withServer(
      async ({ address }) => {
        await expect(fillTopic(address, topic)).rejects.toThrow(/batch 1 of 3.* was answered with: Unknown topic/);
      },
      (socket) => void socket.write(controlFrame(0xff, Buffer.from('Unknown topic'))),
    );
  });

  test('fills a topic to its end', async () => {
    const server = new LanceServer();
    await finished(server.start());
    server.createTopic('filled');
    await fillTopic({ host: '127.0.0.1', port: server.port }, topic);
    expect(server.topic('filled')?.byteLength).toBe(3 * PERIOD_BYTES);
    await finished(server.stop());
  });

  test('ends when a command is not answered, and does not wait again on that connection', async () => {
    await withServer(async ({ address: { host, port } }) => {
      const lance = await RawLance.open(host, port, PATIENCE_MS);
      const reason = `waited for the answer to the creation of topic one`;
      await expect(lance.createTopic('one')).rejects.toThrow(reason);
      await expect(lance.deleteTopic(1)).rejects.toThrow(reason);
    });
  });

  test('leaves no connection behind when its ground can not be laid', async () => {
    await withServer(async ({ address, open }) => {
      const heat: Heat = { title: '', goals: [], entrants: [{ name: 'one', topic, runner: { node: '' } }] };
      const laid = GenuineGround.open(heat, address, () => undefined, PATIENCE_MS);
      await expect(laid).rejects.toThrow('the creation of topic');
      const probe = connect(address);
      await new Promise((resolve) => probe.once('connect', resolve).once('error', resolve));
      expect(open()).toBe(1);
      probe.destroy();
    });
  });

  test('ends when a client does not answer, and says which', async () => {
    const never = new Promise<number>(() => undefined);
    await expect(answerWithin(PATIENCE_MS, 'consume: its window', never)).rejects.toThrow(
      'consume: its window has not come within 0.1 s',
    );
    await expect(answerWithin(PATIENCE_MS, 'consume', Promise.resolve(1))).resolves.toBe(1);
    await expect(answerWithin(PATIENCE_MS, 'consume', Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
