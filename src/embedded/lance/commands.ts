import { Command } from '../../codecs/lance/commands.js';
import { encodeClusterStatus } from '../../codecs/lance/cluster-json.js';
import { ErrorText } from '../../codecs/lance/error-texts.js';
import { authenticateResponse, textResponse } from '../../codecs/lance/replies.js';
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
  const fault = core.faults.takeCommandError(command);
  if (fault !== undefined) return core.error(fault);
  const handler = handlers.get(command);
  return handler === undefined ? core.error(ErrorText.invalidCommand) : handler(core, payload, session);
}

function clusterStatus(): Uint8Array {
  const status = encodeClusterStatus({
    nodeId: 0,
    isLeader: true,
    leaderId: 0,
    currentTerm: 0n,
    nodeCount: 1,
    healthyNodes: 1,
    quorumAvailable: true,
    peerStates: {},
    mode: 'standalone',
  });
  return textResponse(Command.ClusterStatusResponse, status);
}

function authenticate(core: LanceCore, payload: Uint8Array, session: Session): Uint8Array {
  const verdict = core.gate.check(payload);
  // A failed attempt does not revoke an earlier success.
  if (verdict.success) session.authenticated = true;
  return authenticateResponse(verdict);
}
