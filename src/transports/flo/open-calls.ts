import type { Subscription } from 'rxjs';
import type { RequestId } from '../../codecs/flo/codec.js';
import { clock } from '../../foundation/clock.js';
import type { Call } from './call.js';

/** A call under way, or one that was given up and whose answer may still come. */
export interface OpenCall {
  readonly call: Call;
  readonly sentMs: number;
  readonly untilMs: number;
  isGivenUp: boolean;
}

/** The calls of one session by their ids, with one timer for all their deadlines. */
export class OpenCalls {
  private readonly calls = new Map<number, OpenCall>();
  private nextId = 1;
  private givenUp = 0;
  private timer: Subscription | undefined;
  private timerMs = Number.POSITIVE_INFINITY;

  /** `expired` is told of each call whose answer is overdue; its id stays taken until the answer comes. */
  constructor(private readonly expired: (open: OpenCall) => void) {}

  /** Calls that still wait for their answers. */
  get pending(): number {
    return this.calls.size - this.givenUp;
  }

  /** Answers that nobody waits for any more. */
  get owed(): number {
    return this.givenUp;
  }

  /** Ids begin at 1: 0 is how a server says that it could not read a request (flo.md 1.5). */
  add(call: Call): RequestId {
    const id = this.nextId++;
    const sentMs = clock.now();
    const untilMs = sentMs + call.patienceMs;
    this.calls.set(id, { call, sentMs, untilMs, isGivenUp: false });
    if (untilMs < this.timerMs) this.arm(untilMs);
    return { low: id >>> 0, high: Math.floor(id / 2 ** 32) };
  }

  /** Whether somebody still waits for the answer with this id. */
  awaits({ low, high }: RequestId): boolean {
    return this.calls.get(low + high * 2 ** 32)?.isGivenUp === false;
  }

  /** The call that an answer belongs to; undefined if nobody has asked. */
  take({ low, high }: RequestId): OpenCall | undefined {
    const id = low + high * 2 ** 32;
    const open = this.calls.get(id);
    if (open === undefined) return undefined;
    this.calls.delete(id);
    if (open.isGivenUp) this.givenUp--;
    return open;
  }

  /** Forgets all; returns those that still waited. */
  clear(): Call[] {
    this.timer?.unsubscribe();
    const waiting = [...this.calls.values()].filter(({ isGivenUp }) => !isGivenUp).map(({ call }) => call);
    this.calls.clear();
    this.givenUp = 0;
    return waiting;
  }

  private arm(atMs: number): void {
    this.timer?.unsubscribe();
    this.timerMs = atMs;
    this.timer = clock.after(atMs - clock.now(), () => this.tick());
  }

  /** The timer is not moved with each answer: when it fires, it looks whose time is up. */
  private tick(): void {
    this.timerMs = Number.POSITIVE_INFINITY;
    const now = clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    const overdue: OpenCall[] = [];
    for (const open of this.calls.values()) {
      if (open.isGivenUp) continue;
      if (open.untilMs <= now) overdue.push(open);
      else nextMs = Math.min(nextMs, open.untilMs);
    }
    for (const open of overdue) open.isGivenUp = true;
    this.givenUp += overdue.length;
    if (nextMs < this.timerMs) this.arm(nextMs);
    for (const open of overdue) this.expired(open);
  }
}
