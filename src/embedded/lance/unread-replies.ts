import { HIGH_WATER_MARK } from '../../transports/high-water-mark.js';

/** For all connections together: eight of the largest replies that come from a disk, and no trouble for a machine. */
const MOST_BYTES = 128 * 1024 * 1024;
/** What every connection may have beyond that; it does not make its peer wait. */
const SHARE_BYTES = HIGH_WATER_MARK;

/**
 * What replies take that their peers have not read. The genuine server has no bound for it. Here, the more there is, the
 * less a fetch brings: clients have to bear that anyway, and whoever reads goes on, whatever the others do.
 */
export class UnreadReplies {
  #bytes = 0;

  /** How much a fetch may bring now; as much as it asks for, if there is nothing that others have not read. */
  get roomBytes(): number {
    return this.#bytes === 0 ? Number.POSITIVE_INFINITY : Math.max(SHARE_BYTES, MOST_BYTES - this.#bytes);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
  }
}
