import { Command } from '../../../codecs/lance/commands.js';
import { consumerId } from '../../../codecs/lance/consumer-id.js';
import { commitOffsetRequest } from '../../../codecs/lance/requests.js';
import { expectCommand, type RequestSession } from '../../../transports/lance/request-session.js';

/**
 * Tells the server a position that the store has already. The server keeps it in memory only, for others to look at
 * (lance.md 7.6), so a failure changes nothing.
 */
export function commitToServer(
  session: RequestSession,
  topicId: number,
  consumer: string,
  offset: number,
  done: () => void,
): void {
  session.send({
    request: commitOffsetRequest(topicId, consumerId(consumer), BigInt(offset)),
    reply: (header) => {
      expectCommand(header, Command.CommitAck);
      done();
    },
    failed: () => done(),
  });
}
