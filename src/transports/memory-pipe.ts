import type { Subscription } from 'rxjs';
import { clock } from '../foundation/clock.js';
import { HIGH_WATER_MARK } from './high-water-mark.js';

/** Both ends of a pipe, as the pipe sees them. */
export interface PipeEnds {
  /** Bytes have come out at the far end. They are still the writer's. */
  arrived(bytes: Uint8Array): void;
  /** For the writer: all is out, after `write` returned false. */
  drained(): void;
}

type Item = Uint8Array | (() => void);

/** What was put in at one moment: it travels together, with one timer. */
interface Burst {
  readonly at: number;
  readonly items: Item[];
  readonly timer: Subscription;
}

/** One direction of a memory connection: keeps the order, takes `latencyMs`, never runs anything inside a call. */
export class MemoryPipe {
  readonly #latencyMs: number;
  readonly #ends: PipeEnds;
  #travelling: Burst[] = [];
  readonly #landed: Item[] = [];
  #bytes = 0;
  #waiting = false;
  #paused = false;

  constructor(latencyMs: number, ends: PipeEnds) {
    this.#latencyMs = latencyMs;
    this.#ends = ends;
  }

  write(bytes: Uint8Array): boolean {
    if (bytes.length > 0) {
      this.#bytes += bytes.length;
      this.#put(bytes);
    }
    if (this.#bytes < HIGH_WATER_MARK) return true;
    this.#waiting = true;
    return false;
  }

  /** Runs `then` at the far end, after all that was written before. */
  signal(then: () => void): void {
    this.#put(then);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#landed.length > 0) clock.after(0, () => this.#take());
  }

  /** Loses all that is under way, with its timers. */
  forget(): void {
    for (const { timer } of this.#travelling) timer.unsubscribe();
    this.#travelling = [];
    this.#landed.length = 0;
    this.#bytes = 0;
    this.#waiting = false;
    this.#paused = false;
  }

  #put(item: Item): void {
    const at = clock.now();
    const last = this.#travelling.at(-1);
    if (last?.at === at) last.items.push(item);
    else this.#travelling.push({ at, items: [item], timer: clock.after(this.#latencyMs, () => this.#land()) });
  }

  #land(): void {
    const burst = this.#travelling.shift();
    for (const item of burst?.items ?? []) this.#landed.push(item);
    this.#take();
  }

  #take(): void {
    // An item that makes the pipe forget ends this loop: nothing has landed any more.
    const landed = this.#landed;
    let taken = 0;
    while (taken < landed.length && !this.#paused) {
      const item = landed[taken++]!;
      if (typeof item === 'function') item();
      else {
        this.#bytes -= item.length;
        this.#ends.arrived(item);
      }
    }
    landed.splice(0, taken);
    if (!this.#waiting || this.#bytes > 0) return;
    this.#waiting = false;
    this.#ends.drained();
  }
}
