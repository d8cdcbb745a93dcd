import { Command } from '../../../codecs/lance/commands.js';
import { ServerCatchingUpError, type LanceError } from '../../../codecs/lance/errors.js';
import { commandOf, FrameKind } from '../../../codecs/lance/header.js';
import { decodeCatchingUp, decodeFetchHead } from '../../../codecs/lance/replies.js';
import { fetchRequest } from '../../../codecs/lance/requests.js';
import { expectCommand, type RequestSession } from '../../../transports/lance/request-session.js';

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
      // A node of a cluster that does not know the topic yet.
      if (header.kind === FrameKind.Control && commandOf(header) === Command.CatchingUp) {
        return failed(new ServerCatchingUpError(decodeCatchingUp(buffer, start, end)));
      }
      expectCommand(header, Command.FetchResponse);
      found(decodeFetchHead(buffer, start, end - start).nextOffset);
    },
    failed,
  });
}
