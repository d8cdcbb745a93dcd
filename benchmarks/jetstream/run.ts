import type { ServerPlan, ServerPorts, ServerQuestion } from '../fake-server/messages.js';
import { compile } from '../harness/compile.js';
import { startProcess } from '../harness/processes.js';
import type { Progress } from '../harness/terminal.js';
import type { JetStreamQuestion, Load, Peer, QueueServerQuestion, ReaderFigures, SluiceQuestion } from './messages.js';
import { startNatsServer } from './nats-server.js';
import type { Reader } from './report.js';

const JETSTREAM = 'jetstream/jetstream-process';
const SLUICE = 'jetstream/sluice-process';
const LOG_SERVER = 'fake-server/main';
const QUEUE_SERVER = 'jetstream/queue-server-process';
const FETCH_BYTES = 1 << 20;
/** What a JetStream server lets wait for acks unless told otherwise: the queue's window, to be like it. */
const MAX_ACK_PENDING = 1000;
/** Type and length before each value. */
const TLV_HEADER_BYTES = 5;

/** Fills a stream, then lets a fresh process read it in each of the two ways that a user has. */
export async function* readJetStream(
  load: Load,
  program: string,
  packages: string,
  progress: Progress,
): AsyncGenerator<Reader> {
  const compiled = await compile([JETSTREAM]);
  const server = await startNatsServer(program);
  const peer: Peer = { packages, server: server.address };
  const ask = async <Answer>(question: JetStreamQuestion): Promise<Answer> => {
    const client = startProcess<JetStreamQuestion>({ file: compiled.file(JETSTREAM), argument: null, on: 'client' });
    try {
      return await client.ask<Answer>(question);
    } finally {
      client.release();
    }
  };
  try {
    progress(`publishing ${load.records} records`);
    await ask<number>({ ask: 'fill', load, peer });
    progress('JetStream, an ordered consumer');
    const ordered = await ask<ReaderFigures>({ ask: 'read', load, peer, acks: 'none' });
    yield { name: 'JetStream, from(messages)', figures: ordered };
    progress('JetStream, explicit acks');
    const acked = await ask<ReaderFigures>({ ask: 'read', load, peer, acks: 'explicit' });
    yield { name: 'the same, explicit acks', figures: acked };
  } finally {
    await server.stop();
    await compiled.remove();
  }
}

/** As many records of the same size through the same operators, from a log and from a queue. */
export async function* readSluice(load: Load, progress: Progress): AsyncGenerator<Reader> {
  const compiled = await compile([LOG_SERVER, QUEUE_SERVER, SLUICE]);
  const topic = { id: 1, name: load.name, recordBytes: load.recordBytes };
  const totalBytes = load.records * (load.recordBytes + TLV_HEADER_BYTES);
  const plan: ServerPlan = { topics: [{ ...topic, totalBytes }], fetchBytes: FETCH_BYTES };
  const logs = startProcess<ServerQuestion>({ file: compiled.file(LOG_SERVER), argument: plan, on: 'server' });
  const queues = startProcess<QueueServerQuestion>({ file: compiled.file(QUEUE_SERVER), argument: null, on: 'server' });
  const ask = async (question: SluiceQuestion): Promise<ReaderFigures> => {
    const client = startProcess<SluiceQuestion>({ file: compiled.file(SLUICE), argument: null, on: 'client' });
    try {
      return await client.ask<ReaderFigures>(question);
    } finally {
      client.release();
    }
  };
  try {
    progress('Sluice, Lance consume');
    const { lwp } = await logs.ask<ServerPorts>({ ask: 'ports' });
    const log = await ask({ ask: 'log', load, port: lwp });
    yield { name: 'Sluice, lance.consume()', figures: log, ours: true };
    progress('Sluice, a Flo queue');
    const port = await queues.ask<number>({ load });
    const queue = await ask({ ask: 'queue', load, port, deliveries: MAX_ACK_PENDING });
    yield { name: 'Sluice, flo.queue.messages()', figures: queue, ours: true };
  } finally {
    logs.release();
    queues.release();
    await compiled.remove();
  }
}
