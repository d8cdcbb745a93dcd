import { onlyKnown } from '../../foundation/known-options.js';
import type { LightningStoreClientOptions } from '../../observables/lightning/client-options.js';
import { currentRun } from '../run/marble-run.js';
import type { Step } from '../wires/steps.js';
import { LightningClients } from './lightning-clients.js';
import { ScriptedStore, type AskedStore, type StoreAnswer } from './scripted-store.js';

/** What a scripted store answers; see {@link lightningPeer}. */
export type LightningScript = ((asked: AskedStore) => StoreAnswer) | readonly Step<StoreAnswer>[];

/** Options of {@link lightningPeer}. */
export interface LightningPeerOptions {
  /** How long a request or an answer takes one way, in milliseconds. Default 10. */
  readonly latencyMs?: number | undefined;
  /** Of all clients, unless they are made with others. */
  readonly client?: LightningStoreClientOptions | undefined;
}

/** A store that says what a test tells it to, clients of it, and the wire between them. */
export class LightningPeer extends LightningClients {
  private readonly scripted: ScriptedStore;

  /** @internal Made by {@link lightningPeer}. */
  constructor(script: LightningScript, options: LightningPeerOptions) {
    const { client = {}, latencyMs = 10 } = onlyKnown('lightningPeer', options, { latencyMs: true, client: true });
    const scripted = new ScriptedStore(script, currentRun(), latencyMs);
    super(scripted.place, client);
    this.scripted = scripted;
  }

  /** All requests that have reached it; the list goes on growing. */
  get asked(): readonly AskedStore[] {
    return this.scripted.asked;
  }
}

/**
 * A Lightning store that says what a test tells it to: a function is told of each request and returns the answer to it,
 * or a list has the requests that are expected, in order, each with its answer. Without one a request stays unanswered,
 * as all do behind the end of the list.
 *
 * @example
 * import { lightningPeer, marbles } from 'sluice/testing';
 * marbles(({ expectWire }) => {
 *   const { client, wire } = lightningPeer([
 *     ['statistics', 'refused'],
 *     ['health', { status: 200, body: { status: 'ok' } }],
 *     ['statistics', { status: 200, body: {} }],
 *   ]);
 *   client.statistics().subscribe({ error: () => {} });
 *   expectWire(wire).toBe('Y 19ms (xH) 16ms h 999ms Y 19ms y');
 * });
 */
export function lightningPeer(script: LightningScript, options: LightningPeerOptions = {}): LightningPeer {
  return new LightningPeer(script, options);
}
