import { heapInUse } from '../soak/memory.js';
import { Finding } from './finding.js';

/** What is left in memory must not grow from one world to the next. */
const MOST_GROWTH_BYTES = 8 << 20;

const FIRST_LOOKS = 4;
const MOST_LOOKS = 20;
const PAUSE_MS = 50;

const inMiB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** What is in use, inside of the heap and outside, once the garbage is gone. */
export class MemoryInUse {
  most = 0;
  private first: number | undefined;

  /** @throws Finding if there is more than there was, by far. */
  async look(): Promise<void> {
    let bytes = measured();
    const isTooMuch = (): boolean => this.first !== undefined && bytes - this.first > MOST_GROWTH_BYTES;
    // What lies outside of the heap is given back some time after the garbage was found.
    for (let looks = 1; this.first === undefined ? looks < FIRST_LOOKS : looks < MOST_LOOKS && isTooMuch(); looks++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      bytes = Math.min(bytes, measured());
    }
    this.first ??= bytes;
    this.most = Math.max(this.most, bytes);
    if (bytes - this.first <= MOST_GROWTH_BYTES) return;
    throw new Finding(`memory: ${inMiB(this.first)} in use at first, ${inMiB(bytes)} now`);
  }
}

const measured = (): number => heapInUse() + process.memoryUsage().arrayBuffers;
