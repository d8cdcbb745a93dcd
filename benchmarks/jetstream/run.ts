import type { ServerPlan, ServerPorts, ServerQuestion } from '../fake-server/messages.js';
import { compile } from '../harness/compile.js';
import { startProcess } from '../harness/processes.js';
import type { Progress } from '../harness/terminal.js';
import type { JetStreamQuestion, Load, Peer, ReaderFigures, SluiceQuestion } from './messages.js';
import { startNatsServer } from './nats-server.js';
import type { Reader } from './report.js';

const JETSTREAM = 'jetstream/jetstream-process';
const SLUICE = 'jetstream/sluice-process';
const SERVER = 'fake-server/main';
const FETCH_BYTES = 1 << 20;
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

/** The same number of records of the same size from a Lance topic, through the same operators. */
export async function readSluice(load: Load, progress: Progress): Promise<Reader> {
  const compiled = await compile([SERVER, SLUICE]);
  const topic = { id: 1, name: load.name, recordBytes: load.recordBytes };
  const totalBytes = load.records * (load.recordBytes + TLV_HEADER_BYTES);
  const plan: ServerPlan = { topics: [{ ...topic, totalBytes }], fetchBytes: FETCH_BYTES };
  const server = startProcess<ServerQuestion>({ file: compiled.file(SERVER), argument: plan, on: 'server' });
  const client = startProcess<SluiceQuestion>({ file: compiled.file(SLUICE), argument: null, on: 'client' });
  try {
    progress('Sluice, Lance consume');
    const ports = await server.ask<ServerPorts>({ ask: 'ports' });
    return { name: 'Sluice, lance.consume()', figures: await client.ask<ReaderFigures>({ load, ports }), ours: true };
  } finally {
    client.release();
    server.release();
    await compiled.remove();
  }
}
