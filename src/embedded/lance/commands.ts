import { Command } from '../../codecs/lance/commands.js';
import { encodeClusterStatus } from '../../codecs/lance/cluster-json.js';
import { ErrorText } from '../../codecs/lance/error-texts.js';
import { authenticateResponse, textResponse } from '../../codecs/lance/replies.js';
import { StorageError } from '../errors.js';
import { commitOffset, subscribe, unsubscribe } from './consumer-commands.js';
import type { LanceCore } from './core.js';
import { fetch } from './fetch.js';
import type { Reply } from './fetch-reply.js';
import {
  createTopic,
  createTopicWithRetention,
  deleteTopic,
  getTopic,
  listTopics,
  setRetention,
} from './topic-commands.js';

/** What a connection knows of itself; all else is the server's. */
export interface Session {
  authenticated: boolean;
}

/** Carries out a control frame. */
export type CommandHandler = (core: LanceCore, payload: Uint8Array, session: Session) => Reply;

const handlers: ReadonlyMap<number, CommandHandler> = new Map<number, CommandHandler>([
  [Command.CreateTopic, createTopic],
  [Command.DeleteTopic, deleteTopic],
  [Command.ListTopics, listTopics],
  [Command.GetTopic, getTopic],
  [Command.SetRetention, setRetention],
  [Command.CreateTopicWithRetention, createTopicWithRetention],
  [Command.GetClusterStatus, clusterStatus],
  [Command.Authenticate, authenticate],
  [Command.AuthenticateResponse, (core) => core.error(ErrorText.authenticateResponseFromClient)],
  [Command.Fetch, fetch],
  [Command.Subscribe, subscribe],
  [Command.Unsubscribe, unsubscribe],
  [Command.CommitOffset, commitOffset],
]);

/** The one reply to a control frame. */
export function answer(core: LanceCore, session: Session, command: number, payload: Uint8Array): Reply {
  if (core.gate.guardsCommands && !session.authenticated && command !== Command.Authenticate) {
    return core.error(ErrorText.authenticationRequired);
  }
  const refusal = core.faults.takeCommandError(command) ?? core.cluster.commandRefusal(command);
  if (refusal !== undefined) return core.error(refusal);
  const handler = handlers.get(command);
  if (handler === undefined) return core.error(ErrorText.invalidCommand);
  try {
    return handler(core, payload, session);
  } catch (error) {
    if (error instanceof StorageError) return core.error(`I/O error: ${error.message}`);
    throw error;
  }
}

function clusterStatus(core: LanceCore): Uint8Array {
  return textResponse(Command.ClusterStatusResponse, encodeClusterStatus(core.cluster.status));
}

function authenticate(core: LanceCore, payload: Uint8Array, session: Session): Uint8Array {
  const verdict = core.gate.check(payload);
  // A failed attempt does not revoke an earlier success.
  if (verdict.success) session.authenticated = true;
  return authenticateResponse(verdict);
}
