import type { Reason } from '../types.js';

/** Why nothing is delivered: reasons add up as a set. */
export class Pauses {
  /** Each reason that holds, with its detail. */
  private readonly held = new Map<Reason, string>();
  /** Every pause that users hold has a token of its own: two breakers may give the same name. */
  private readonly users = new Set<{ readonly name: string }>();
  private flipped: number | undefined;
  /** Somebody pauses. */
  byUser = false;
  /** What people should know of the session, whether it pauses or not. */
  remark = '';

  /** Somebody pauses; the returned function ends it and returns true if nobody else does. */
  pause(name: string, nowMs: number): (nowMs: number) => boolean {
    const token = { name };
    this.users.add(token);
    this.byUser = true;
    this.set('user', nowMs, this.names());
    return (laterMs) => {
      if (!this.users.delete(token)) return false;
      this.byUser = this.users.size > 0;
      if (!this.byUser) return this.remove('user', laterMs);
      this.set('user', laterMs, this.names());
      return false;
    };
  }

  /** Returns true if that is news. */
  set(reason: Reason, nowMs: number, detail = ''): boolean {
    if (this.held.get(reason) === detail) return false;
    if (this.held.size === 0) this.flipped = nowMs;
    this.held.set(reason, detail);
    return true;
  }

  /** Returns true if the reason held. */
  remove(reason: Reason, nowMs: number): boolean {
    if (!this.held.delete(reason)) return false;
    if (this.held.size === 0) this.flipped = nowMs;
    return true;
  }

  get reasons(): Reason[] {
    return [...this.held.keys()];
  }

  get details(): string[] {
    return [...this.held.values(), this.remark].filter((detail) => detail !== '');
  }

  /** When the first reason appeared or the last one went; undefined if there never was any. */
  get sinceMs(): number | undefined {
    return this.flipped;
  }

  private names(): string {
    return [...new Set([...this.users].map(({ name }) => name))].join(', ');
  }
}
