import {
  IN_MEMORY,
  type InMemoryLanceOptions,
  type InMemoryLanceServer,
} from '../../embedded/lance/in-memory-lance-server.js';
import { LanceServer } from '../../embedded/lance/lance-server.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { LanceClientOptions } from '../../observables/lance/connection/client-options.js';
import type { Place } from '../wires/place.js';
import { LanceClients } from './lance-clients.js';
import { tlv } from './tlv.js';

/** Options of {@link lanceRig}: those of the server, and of its clients. */
export interface LanceRigOptions extends InMemoryLanceOptions {
  /** How long bytes take one way, in milliseconds. Default 10. */
  readonly latencyMs?: number | undefined;
  /** Of all clients and producers, unless they are made with others. */
  readonly client?: LanceClientOptions | undefined;
}

const NAMES: OptionNames<LanceRigOptions> = { ...IN_MEMORY, client: true };

/** An embedded Lance server in virtual time, clients of it, and the wire between them. */
export class LanceRig extends LanceClients {
  /** It is started. */
  readonly server: InMemoryLanceServer;

  /** @internal Made by `lance` of {@link marbles}. */
  constructor(given: LanceRigOptions = {}) {
    const { client = {}, ...options } = onlyKnown('lance', given, NAMES);
    const server = LanceServer.inMemory({ latencyMs: 10, ...options });
    server.start().subscribe();
    super(placeOf(server), client);
    this.server = server;
  }

  /** Appends records past the wire, visible at once; makes the topic if there is none. Returns where the topic ends. */
  readonly append = (topic: string, ...records: readonly (string | Uint8Array)[]): number =>
    this.server.append(topic, tlv(...records));
}

/** Makes a {@link LanceRig} in the run that is under way. */
export function lanceRig(options: LanceRigOptions = {}): LanceRig {
  return new LanceRig(options);
}

function placeOf(server: InMemoryLanceServer): Place {
  return {
    connector: server.connector(),
    stop: () => void server.stop().subscribe(),
    start: () => void server.start().subscribe(),
  };
}
