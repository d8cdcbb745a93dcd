import type { Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';

/** How long a source may be taken from without a pause, in milliseconds: everything else in the process waits meanwhile. */
const LONGEST_MS = 10;
/** The clock is looked at after so many steps. */
const STEPS = 16;

/** A spell of work that lets others have a turn when it becomes long. */
export class Spell {
  private sinceMs = 0;
  private steps = 0;
  private turn: Subscription | undefined;

  constructor(private readonly resume: () => void) {}

  /** Others have just had their turn. */
  begin(): void {
    this.sinceMs = clock.now();
  }

  /** Counts a step; true if this has been going on for long: then work goes on in a later turn. */
  isOver(): boolean {
    if (this.turn !== undefined) return true;
    if (++this.steps % STEPS !== 0 || clock.now() - this.sinceMs < LONGEST_MS) return false;
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
