import type { FuzzCase } from './fuzz-case.js';

/** What a run has come to. */
export class Tally {
  frames = 0;
  sealed = 0;
  readonly bySide = { client: 0, server: 0 };
  /** Frames and payloads that were taken, and refused by the code of the error, by who looked at them. */
  readonly accepted = new Map<string, number>();
  readonly refused = new Map<string, number>();

  begins({ side, mutant }: FuzzCase): void {
    this.frames++;
    this.bySide[side]++;
    if (mutant.sealed) this.sealed++;
  }

  accept(by: string, count = 1): void {
    this.accepted.set(by, (this.accepted.get(by) ?? 0) + count);
  }

  refuse(by: string, code: string): void {
    const what = `${by}: ${code}`;
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
  }
}
