import type { MarbleRun } from '../run/marble-run.js';
import { HttpWire } from '../wires/http-wire.js';
import { LIGHTNING } from './store-exchanges.js';

/**
 * What happened between Lightning clients and their store. As a recording, UPPER case letters are requests, and the same
 * in lower case their answers; `exchanges` has them whole.
 *
 * @example
 * import { marbles } from 'sluice/testing';
 * marbles(({ lightning, expectWire }) => {
 *   const { client, wire } = lightning({ latencyMs: 10 });
 *   client.enqueueRollout({ input: 'why?' }).subscribe();
 *   expectWire(wire).toBe('E 19ms e');
 * });
 */
export class LightningWire extends HttpWire {
  /** @internal */
  constructor(run: MarbleRun) {
    super(LIGHTNING.name, LIGHTNING.letters, run);
  }

  /** Which rollouts were asked for by each wait, and when. */
  get waits(): { readonly atMs: number; readonly ids: readonly string[] }[] {
    return this.named('waitForRollouts').map(({ atMs, body }) => ({
      atMs,
      ids: body['rollout_ids'] as readonly string[],
    }));
  }
}
