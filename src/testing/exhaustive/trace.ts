import type { WireMoment } from '../wires/wire.js';

/** A moment of a run at which something may crash: before a turn, or in one, before a frame goes on. */
export interface Moment {
  readonly atMs: number;
  /** In the middle of a turn: the frame that is about to be written, or to be told to the client. */
  readonly event: WireMoment | undefined;
  /** On which of the scenario's wires, from 0. */
  readonly wire: number;
  /** By server, as far as there are any yet, how much is open: connections, or exchanges. */
  readonly open: readonly number[];
  /** By program, as far as there are any yet. */
  readonly alive: readonly boolean[];
}

/** Whether two runs are the same at a moment. */
export function isSameMoment(one: Moment, other: Moment): boolean {
  return one.atMs === other.atMs && one.wire === other.wire && one.event?.words === other.event?.words;
}

/** What has been seen of a run: the moments in their order, and nothing once `sealed`. */
export class Trace {
  readonly moments: Moment[] = [];
  /** Told of each moment before anything comes of it. */
  reached: (index: number, moment: Moment) => void = () => {};
  sealed = false;

  note(moment: Moment): void {
    if (this.sealed) return;
    const index = this.moments.push(moment) - 1;
    this.reached(index, moment);
  }
}
