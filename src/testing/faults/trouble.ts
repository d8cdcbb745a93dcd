import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import type { Corrupt, Delay, Direction, DropFrame, Duplicate, Fault, Reorder, SlowReader, Split } from './fault.js';

/** What happens to one frame. */
export type FrameFault = DropFrame | Duplicate | Corrupt | Reorder;

/** What goes on until it is healed, or superseded. */
export type Lasting = Split | SlowReader | Delay;

/** A fault that waits for a frame. */
export interface Waiting {
  readonly fault: FrameFault;
  /** To be called when it has happened to something; for a `reorder`, when something has come first. */
  readonly met: () => void;
}

/** What is wrong between a client and its server just now, the same for all that is open. */
export class Trouble {
  /** How many bytes may come at once. */
  splitBytes = Number.POSITIVE_INFINITY;
  bytesPerMs = Number.POSITIVE_INFINITY;
  /** How much longer everything takes each way. */
  delayMs = 0;
  private delayEnds: Subscription | undefined;
  private readonly waiting: Record<Direction, Waiting[]> = { sent: [], received: [] };
  private readonly met: Partial<Record<Lasting['kind'], () => void>> = {};

  /** From now on it is so; `met` is called when anything is other than it would have been. */
  last(fault: Lasting, met: () => void): void {
    this.met[fault.kind] = met;
    if (fault.kind === 'split') this.splitBytes = fault.bytes;
    else if (fault.kind === 'slowReader') this.bytesPerMs = fault.bytesPerMs;
    else this.delay(fault);
  }

  /** Something comes in pieces, slowly, or late, because of what lasts. */
  felt(kind: Lasting['kind']): void {
    this.met[kind]?.();
  }

  /** It happens to the next frame that begins and has no fault of its own yet. */
  add(fault: FrameFault, met: () => void): void {
    const waiting = this.waiting[directionOf(fault)];
    const times = fault.kind === 'dropFrame' ? fault.count : 1;
    for (let left = times; left > 0; left--) waiting.push({ fault, met });
  }

  /** What happens to the frame that begins now; `fits` says whether it can. */
  take(direction: Direction, fits: (fault: FrameFault) => boolean = () => true): Waiting | undefined {
    const [next] = this.waiting[direction];
    if (next === undefined || !fits(next.fault)) return undefined;
    if (next.fault.kind !== 'reorder') next.met();
    return this.waiting[direction].shift();
  }

  /** What has not happened yet never does. */
  heal(): void {
    this.delayEnds?.unsubscribe();
    this.delayMs = 0;
    this.splitBytes = this.bytesPerMs = Number.POSITIVE_INFINITY;
    this.waiting.sent.length = this.waiting.received.length = 0;
  }

  private delay({ ms, forMs }: Delay): void {
    this.delayEnds?.unsubscribe();
    this.delayMs = ms;
    if (forMs === undefined) return;
    this.delayEnds = clock.after(forMs, () => {
      this.delayMs = 0;
    });
  }
}

export function isLasting(fault: Fault): fault is Lasting {
  return fault.kind === 'split' || fault.kind === 'slowReader' || fault.kind === 'delay';
}

export function isFrameFault(fault: Fault): fault is FrameFault {
  return (
    fault.kind === 'dropFrame' || fault.kind === 'duplicate' || fault.kind === 'corrupt' || fault.kind === 'reorder'
  );
}

function directionOf(fault: FrameFault): Direction {
  return fault.kind === 'reorder' ? 'received' : fault.direction;
}

/** A copy with a bit turned over: of the last byte, if there are not as many. */
export function corrupted({ byte, bit }: Corrupt, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const at = Math.min(Math.max(byte < 0 ? copy.length + byte : byte, 0), copy.length - 1);
  const before = copy[at];
  if (before !== undefined) copy[at] = before ^ (1 << bit);
  return copy;
}
