import { FloServer } from '../../embedded/flo/flo-server.js';
import type { InMemoryFloOptions, InMemoryFloServer } from '../../embedded/flo/in-memory-flo-server.js';
import { BEHAVIOUR } from '../../embedded/flo/options.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { FloClientOptions } from '../../observables/flo/client-options.js';
import { bytesOf } from '../wires/bytes-of.js';
import type { Place } from '../wires/place.js';
import { FloClients } from './flo-clients.js';

/** Options of {@link floRig}: those of the server, and of its clients. */
export interface FloRigOptions extends InMemoryFloOptions {
  /** How long bytes take one way, in milliseconds. Default 10. */
  readonly latencyMs?: number | undefined;
  /** Of all clients, unless they are made with others. */
  readonly client?: FloClientOptions | undefined;
}

const NAMES: OptionNames<FloRigOptions> = { ...BEHAVIOUR, latencyMs: true, address: true, client: true };

/** An embedded Flo server in virtual time, clients of it, and the wire between them. */
export class FloRig extends FloClients {
  /** It is started. */
  readonly server: InMemoryFloServer;

  /** @internal Made by `flo` of {@link marbles}. */
  constructor(given: FloRigOptions = {}) {
    const { client = {}, ...options } = onlyKnown('flo', given, NAMES);
    const server = FloServer.inMemory({ latencyMs: 10, ...options });
    server.start().subscribe();
    super(placeOf(server), client);
    this.server = server;
  }

  /** Puts messages on a queue past the wire; the first ones of a queue get the sequence numbers from 1 on. */
  readonly enqueue = (queue: string, ...messages: readonly (string | Uint8Array)[]): void => {
    for (const message of messages) {
      this.server.enqueue(queue, bytesOf('enqueue', message));
    }
  };
}

/** Makes a {@link FloRig} in the run that is under way. */
export function floRig(options: FloRigOptions = {}): FloRig {
  return new FloRig(options);
}

function placeOf(server: InMemoryFloServer): Place {
  return {
    connector: server.connector(),
    stop: () => void server.stop().subscribe(),
    start: () => void server.start().subscribe(),
  };
}
