import type { Digest } from '../fake-server/digest.js';
import type { ServerQuestion } from '../fake-server/messages.js';
import type { Respondent } from '../harness/questions.js';
import type { Contestant } from '../harness/rounds.js';

/** Enough for every window of a period to be read more than once, cuts included. */
const VERIFIED_BYTES = 32 << 20;

/** Fails unless the client sees exactly the records that the server made: no speed is published of a path that may be wrong. */
export async function verifyCase(
  server: Respondent<ServerQuestion>,
  { name, client, target }: Contestant,
  recordBytes: number,
): Promise<void> {
  const records = Math.floor(VERIFIED_BYTES / recordBytes);
  const seen = await client.ask<Digest | undefined>({ ask: 'verify', target, records });
  const sent = await server.ask<Digest>({ ask: 'digest', topic: target.topic.id, records });
  if (seen?.records === sent.records && seen.bytes === sent.bytes && seen.sum === sent.sum) return;
  throw new Error(
    `${name}: records differ from what was sent: ${JSON.stringify(seen)} instead of ${JSON.stringify(sent)}`,
  );
}
