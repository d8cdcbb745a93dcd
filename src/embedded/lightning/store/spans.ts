import type { WireAttempt, WireSpan } from '../../../codecs/lightning/wire.js';
import type { Attempts } from './attempts.js';
import type { RolloutEntry, Rollouts } from './rollouts.js';
import { StoreError } from './store-error.js';

/** How many bytes of spans are kept. */
export interface SpanBudget {
  readonly memoryCapacityBytes: number;
  /** More than this evicts whole rollouts, oldest first, … */
  readonly evictionThresholdBytes: number;
  /** … until there is no more than this. */
  readonly safeThresholdBytes: number;
  /** About how much memory a span takes. */
  readonly sizeOf: (span: WireSpan) => number;
}

interface SpanSet {
  readonly entry: RolloutEntry;
  readonly byAttempt: Map<string, Map<string, WireSpan>>;
  bytes: number;
  evicted: boolean;
}

/** All spans, by rollout, attempt and span id (lightning.md 4.9, 4.12). */
export class Spans {
  /** Also counts those evicted. */
  total = 0;
  totalBytes = 0;
  readonly #sets = new Map<string, SpanSet>();
  /** One counter per rollout, also for rollouts that don't exist. */
  readonly #sequence = new Map<string, number>();
  readonly #rollouts: Rollouts;
  readonly #attempts: Attempts;
  readonly #budget: SpanBudget;

  constructor(rollouts: Rollouts, attempts: Attempts, budget: SpanBudget) {
    this.#rollouts = rollouts;
    this.#attempts = attempts;
    this.#budget = budget;
  }

  nextSequenceId(rolloutId: string): number {
    const next = (this.#sequence.get(rolloutId) ?? 0) + 1;
    this.#sequence.set(rolloutId, next);
    return next;
  }

  /**
   * Stores a span; undefined if there is one of this id in this attempt. The counter moves whatever happens then.
   *
   * @throws StoreError if there is no such rollout or attempt.
   */
  add(span: WireSpan, now: number): WireSpan | undefined {
    const { rollout_id: rolloutId, attempt_id: attemptId, sequence_id: sequenceId } = span;
    const last = this.#sequence.get(rolloutId);
    this.#sequence.set(rolloutId, last === undefined ? sequenceId : Math.max(last, sequenceId));
    const entry = this.#rollouts.get(rolloutId);
    const attempt = this.#attempts.find(entry, attemptId);
    const set = this.#setOf(entry);
    const siblings = this.#siblings(set, attempt);
    if (siblings.has(span.span_id)) return undefined;
    siblings.set(span.span_id, span);
    this.total++;
    this.#attempts.heartbeat(entry, attempt, now);
    const bytes = this.#budget.sizeOf(span);
    set.bytes += bytes;
    this.totalBytes += bytes;
    if (this.totalBytes > this.#budget.evictionThresholdBytes) this.#evict();
    return span;
  }

  /**
   * The spans of a rollout, unsorted: attempts in reverse order of their first span, in each as they came.
   * `attemptId` may be `latest`, null stands for all.
   *
   * @throws StoreError if they have been evicted.
   */
  of(rolloutId: string, attemptId: string | null): WireSpan[] {
    const set = this.#sets.get(rolloutId);
    if (set?.evicted === true) throw new StoreError('RuntimeError', `Spans for rollout ${rolloutId} have been evicted`);
    if (set === undefined) return [];
    if (attemptId === null) return [...set.byAttempt.values()].toReversed().flatMap((spans) => [...spans.values()]);
    const id = attemptId === 'latest' ? set.entry.attempts.at(-1)?.attempt_id : attemptId;
    const spans = id === undefined ? undefined : set.byAttempt.get(id);
    return spans === undefined ? [] : [...spans.values()];
  }

  /** What is kept of a rollout's spans, in the order of {@link of}. */
  kept(rolloutId: string): WireSpan[] {
    return this.#sets.get(rolloutId)?.evicted === true ? [] : this.of(rolloutId, null);
  }

  #setOf(entry: RolloutEntry): SpanSet {
    const id = entry.rollout.rollout_id;
    let set = this.#sets.get(id);
    if (set === undefined) this.#sets.set(id, (set = { entry, byAttempt: new Map(), bytes: 0, evicted: false }));
    return set;
  }

  #siblings(set: SpanSet, { attempt_id: id }: WireAttempt): Map<string, WireSpan> {
    let spans = set.byAttempt.get(id);
    if (spans === undefined) set.byAttempt.set(id, (spans = new Map<string, WireSpan>()));
    return spans;
  }

  #evict(): void {
    const age = (set: SpanSet): number => set.entry.rollout.start_time;
    const name = (set: SpanSet): string => set.entry.rollout.rollout_id;
    const oldestFirst = [...this.#sets.values()]
      .filter((set) => set.bytes > 0)
      .sort((a, b) => age(a) - age(b) || (name(a) < name(b) ? -1 : 1));
    for (const set of oldestFirst) {
      if (this.totalBytes <= this.#budget.safeThresholdBytes) return;
      this.totalBytes -= set.bytes;
      set.bytes = 0;
      set.byAttempt.clear();
      set.evicted = true;
    }
  }
}
