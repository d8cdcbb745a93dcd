import { onlyKnown } from '../../foundation/known-options.js';
import type { FloClientOptions } from '../../observables/flo/client-options.js';
import type { ServerEnd } from '../../transports/server-end.js';
import { currentRun } from '../run/marble-run.js';
import { following, type FrameScript } from '../wires/sayings.js';
import { ScriptedPlace, type HeardFrame, type ScriptedPlaceOptions } from '../wires/scripted-place.js';
import { FloClients } from './flo-clients.js';
import { floSystem, wireOptions, type FloFrame } from './flo-frames.js';

/** A request that reached a scripted Flo server. */
export type HeardFloFrame = FloFrame & HeardFrame;

/** What a scripted Flo server answers; see {@link floPeer}. */
export type FloScript = FrameScript<HeardFloFrame>;

/** Options of {@link floPeer}. */
export interface FloPeerOptions extends ScriptedPlaceOptions {
  /** Of all clients, unless they are made with others. */
  readonly client?: FloClientOptions | undefined;
}

/** A server that says what a test tells it to, clients of it, and the wire between them. */
export class FloPeer extends FloClients {
  private readonly scripted: ScriptedPlace<FloFrame>;

  /** @internal Made by {@link floPeer}. */
  constructor(script: FloScript, given: FloPeerOptions) {
    const names = { latencyMs: true, address: true, client: true } as const;
    const { client = {}, ...options } = onlyKnown('floPeer', given, names);
    const run = currentRun();
    const scripted = new ScriptedPlace(floSystem(wireOptions(client)), run, options, following(script, run, 'floPeer'));
    super(scripted, client);
    this.scripted = scripted;
  }

  /** All requests that have reached it; the list goes on growing. */
  get heard(): readonly HeardFloFrame[] {
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
 * A Flo server that says what a test tells it to, and nothing else: a function is told of each request and returns what
 * to answer, or a list has the requests that are expected, in order, each with its answer. What comes after the list
 * has no answer.
 *
 * @example
 * import { floAnswer, floPeer, marbles } from 'sluice/testing';
 * marbles(({ expectWire }) => {
 *   const peer = floPeer([
 *     [{ name: 'Put', key: 'a' }, floAnswer.refused(12)],
 *     ['Ping', floAnswer.pong()],
 *   ]);
 *   peer.client.kv.put('a', '1').subscribe({ error: () => peer.client.ping().subscribe() });
 *   expectWire(peer.wire).toBe('C 19ms (oS) 16ms (fP) 16ms p 999ms X');
 * });
 */
export function floPeer(script: FloScript, options: FloPeerOptions = {}): FloPeer {
  return new FloPeer(script, options);
}
