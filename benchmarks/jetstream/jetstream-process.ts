import { concatMap, from, map, tap, timer } from 'rxjs';
import { serveQuestions } from '../harness/questions.js';
import type { JetStreamQuestion, Load, ReaderFigures } from './messages.js';
import { loadPeer, type Connection, type PeerPackages } from './peer-packages.js';
import { watchReader } from './watch-reader.js';

const DURABLE = 'acked';
/** Published between two flushes, so that the publisher itself stays small. */
const PUBLISHED_AT_ONCE = 5000;

async function fill(
  { jetstreamManager }: PeerPackages,
  connection: Connection,
  { name, records, recordBytes }: Load,
): Promise<number> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [name], storage: 'memory' });
  await manager.consumers.add(name, { durable_name: DURABLE, ack_policy: 'explicit' });
  const payload = new Uint8Array(recordBytes);
  for (let sent = 0; sent < records; sent++) {
    payload.fill(sent);
    connection.publish(name, payload);
    if (sent % PUBLISHED_AT_ONCE === 0) await connection.flush();
  }
  await connection.flush();
  for (;;) {
    const { messages } = (await manager.streams.info(name)).state;
    if (messages >= records) return messages;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `from()` takes from the iterator as fast as it gives, whatever stands below: that is all that is wrong here. */
async function read(
  { jetstream }: PeerPackages,
  connection: Connection,
  load: Load,
  acks: 'none' | 'explicit',
): Promise<ReaderFigures> {
  const { consumers } = jetstream(connection);
  const consumer = await consumers.get(load.name, acks === 'none' ? undefined : DURABLE);
  const messages = await consumer.consume();
  return watchReader(load, (counts) =>
    from(messages).pipe(
      tap((message) => {
        counts.taken++;
        if (message.info.redelivered) counts.again++;
      }),
      concatMap((message) => timer(load.slowMs).pipe(map(() => message))),
      tap((message) => {
        if (acks === 'explicit') message.ack();
        counts.processed++;
      }),
    ),
  );
}

serveQuestions(async (question: JetStreamQuestion) => {
  const packages = loadPeer(question.peer.packages);
  if (packages === undefined) throw new Error('the packages are gone');
  const connection = await packages.connect({ servers: question.peer.server });
  try {
    if (question.ask === 'fill') return await fill(packages, connection, question.load);
    return await read(packages, connection, question.load, question.acks);
  } finally {
    await connection.close();
  }
});
