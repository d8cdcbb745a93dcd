import type { Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';

/** How long a source may be taken from without a pause, in milliseconds: everything else in the process waits meanwhile. */
const LONGEST_MS = 10;
/** The clock is looked at after so many steps, and ever less often while they are quick: a look costs more than a step. */
const FIRST_STEPS = 16;
const MOST_STEPS = 128;

/** A spell of work that lets others have a turn when it becomes long. */
export class Spell {
  private sinceMs = 0;
  private looksIn = FIRST_STEPS;
  private steps = FIRST_STEPS;
  private turn: Subscription | undefined;

  constructor(private readonly resume: () => void) {}

  /** Others have just had their turn. */
  begin(): void {
    this.sinceMs = clock.now();
    this.steps = FIRST_STEPS;
    this.looksIn = FIRST_STEPS;
  }

  /** So many steps may be taken before {@link isOver} is asked. */
  get stretch(): number {
    return this.looksIn;
  }

  /** Counts steps; true if this has been going on for long: then work goes on in a later turn. */
  isOver(steps = 1): boolean {
    if (this.turn !== undefined) return true;
    this.looksIn -= steps;
    return this.looksIn <= 0 && this.isLong();
  }

  private isLong(): boolean {
    const takenMs = clock.now() - this.sinceMs;
    if (takenMs < LONGEST_MS) {
      if (this.steps < MOST_STEPS) this.steps *= 2;
      this.looksIn = this.steps;
      return false;
    }
    this.turn = clock.after(0, () => {
      this.turn = undefined;
      this.resume();
    });
    return true;
  }

  stop(): void {
    this.turn?.unsubscribe();
  }
}
