import { clock } from '../src/foundation/clock.js';
import type { Dice } from './dice.js';

/** Does something now and then, so often on average, for so long. Not by what the clock says, which may be wrong. */
export function everySoOften(dice: Dice, meanMs: number, forMs: number, deed: (leftMs: number) => void): void {
  const pauseMs = dice.about(meanMs);
  if (pauseMs >= forMs) return;
  clock.after(pauseMs, () => {
    deed(forMs - pauseMs);
    everySoOften(dice, meanMs, forMs - pauseMs, deed);
  });
}
