import type { Issue } from './issues.js';

/** A request that the server refuses before the store is asked. */
export class Refusal extends Error {
  readonly status: number;
  /** The answer's `detail`. */
  readonly detail: string | readonly Issue[];

  constructor(status: number, detail: string | readonly Issue[]) {
    super(typeof detail === 'string' ? detail : 'validation failed');
    this.status = status;
    this.detail = detail;
  }
}
