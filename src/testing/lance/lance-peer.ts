import { onlyKnown } from '../../foundation/known-options.js';
import type { LanceClientOptions } from '../../observables/lance/connection/client-options.js';
import type { ServerEnd } from '../../transports/server-end.js';
import { currentRun } from '../run/marble-run.js';
import { following, type FrameScript } from '../wires/sayings.js';
import { ScriptedPlace, type HeardFrame, type ScriptedPlaceOptions } from '../wires/scripted-place.js';
import { LanceClients } from './lance-clients.js';
import { LANCE, type LanceFrame } from './lance-frames.js';

/** A frame that reached a scripted Lance server. */
export type HeardLanceFrame = LanceFrame & HeardFrame;

/** What a scripted Lance server answers; see {@link lancePeer}. */
export type LanceScript = FrameScript<HeardLanceFrame>;

/** Options of {@link lancePeer}. */
export interface LancePeerOptions extends ScriptedPlaceOptions {
  /** Of all clients, unless they are made with others. */
  readonly client?: LanceClientOptions | undefined;
}

/** A server that says what a test tells it to, clients of it, and the wire between them. */
export class LancePeer extends LanceClients {
  private readonly scripted: ScriptedPlace<LanceFrame>;

  /** @internal Made by {@link lancePeer}. */
  constructor(script: LanceScript, given: LancePeerOptions) {
    const names = { latencyMs: true, address: true, client: true } as const;
    const { client = {}, ...options } = onlyKnown('lancePeer', given, names);
    const run = currentRun();
    const scripted = new ScriptedPlace(LANCE, run, options, following(script, run, 'lancePeer'));
    super(scripted, client);
    this.scripted = scripted;
  }

  /** All frames that have reached it; the list goes on growing. */
  get heard(): readonly HeardLanceFrame[] {
    return this.scripted.heard;
  }

  /** Its end of each connection, in the order in which they were made. */
  get ends(): readonly ServerEnd[] {
    return this.scripted.ends;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.scripted.connections;
  }

  /**
   * Sends bytes at their moments since the run began, unasked: each letter stands for the bytes that `legend` has for it;
   * `|` ends the connection in order, `#` resets it. Over the newest connection, unless `connection` says which, from 1.
   */
  readonly send = (
    diagram: string,
    legend: Readonly<Record<string, Uint8Array>> = {},
    where: { readonly connection?: number | undefined } = {},
  ): void => this.scripted.send(diagram, legend, where);
}

/**
 * A Lance server that says what a test tells it to, and nothing else: a function is told of each frame and returns what
 * to answer, or a list has the frames that are expected, in order, each with the answers to it. What comes after the
 * list has no answer.
 *
 * @example
 * import { autoAck } from 'sluice';
 * import { lanceAnswer, lancePeer, marbles, tlv } from 'sluice/testing';
 * marbles(function* ({ expectWire, watch }) {
 *   const peer = lancePeer([
 *     ['ListTopics', lanceAnswer.topics('log')],
 *     [{ name: 'Fetch', start: 0 }, lanceAnswer.fetched(0, tlv('a'))],
 *     [{ name: 'Fetch', start: 6 }],
 *   ]);
 *   const seen = watch(peer.client.consume('log').pipe(autoAck()));
 *   expectWire(peer.wire).toBe({ received: '20ms o 19ms t 19ms f' });
 *   yield 100;
 *   seen.unsubscribe();
 * });
 */
export function lancePeer(script: LanceScript, options: LancePeerOptions = {}): LancePeer {
  return new LancePeer(script, options);
}
