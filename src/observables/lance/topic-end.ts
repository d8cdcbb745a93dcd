import { Command } from '../../codecs/lance/commands.js';
import type { LanceError } from '../../codecs/lance/errors.js';
import { decodeFetchHead } from '../../codecs/lance/replies.js';
import { fetchRequest } from '../../codecs/lance/requests.js';
import { expectCommand, type RequestSession } from '../../transports/lance/request-session.js';

/** Asks where a topic's data ends now (lance.md 7.4); the answer must be adopted, never asked for again and again. */
export function fetchEnd(
  session: RequestSession,
  topicId: number,
  found: (end: number) => void,
  failed: (error: LanceError) => void,
): void {
  session.send({
    request: fetchRequest(topicId, 'end', 1),
    reply: (header, buffer, start, end) => {
      expectCommand(header, Command.FetchResponse);
      found(decodeFetchHead(buffer, start, end - start).nextOffset);
    },
    failed,
  });
}
