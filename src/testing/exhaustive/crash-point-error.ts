import { drawCrash } from './crash-picture.js';
import type { CrashPoint, Strike } from './crash-point.js';
import type { Stage } from './stage.js';

/** What is known of a point at which a scenario fails. */
export interface FailedPoint {
  readonly name: string;
  readonly strike: Strike;
  /** How many points there are. */
  readonly points: number;
  readonly stage: Stage;
  readonly error: unknown;
}

/**
 * A scenario does not survive a crash at one point. The message draws what was on the wires before and behind it, and
 * says what is wrong then; `cause` is that error.
 */
export class CrashPointError extends Error {
  override readonly name = 'CrashPointError';
  readonly point: CrashPoint;

  constructor({ name, strike, points, stage, error }: FailedPoint) {
    const { number, atMs, words, crash } = strike;
    super(
      [
        `${name}: it goes wrong when ${words}`,
        '',
        drawCrash(stage),
        '',
        indented(error instanceof Error ? error.message : String(error)),
        '',
        `   This is point ${number} of ${points}, and the earliest that fails. It alone: { only: ${number} }`,
        '',
      ].join('\n'),
      { cause: error },
    );
    this.point = { number, crash, atMs, words };
  }
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '   ');
}
