import type { Subscription } from 'rxjs';
import type { WireRollout } from '../../../codecs/lightning/wire.js';
import { clock } from '../../../foundation/clock.js';
import { isFinished, type RolloutEntry, type Rollouts } from './rollouts.js';

/** The longest that a timer can be armed for. */
const LONGEST_MS = 2 ** 31 - 1;

/** Waits for rollouts to finish, without ever holding anybody up (lightning.md 4.10). */
export class Waits {
  readonly #open = new Set<Wait>();
  readonly #byRollout = new Map<RolloutEntry, Set<Wait>>();

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Calls `answer` with those of the rollouts that have finished: at once, when the last one does, or after
   * `timeoutSecs`, null being never. Returns how to call that off.
   */
  wait(rollouts: Rollouts, ids: readonly string[], timeoutSecs: number | null, answer: Wait['answer']): () => void {
    const wait: Wait = { results: new Array(ids.length), places: new Map(), answer, timer: undefined };
    const patient = timeoutSecs === null || timeoutSecs > 0;
    for (const [place, id] of ids.entries()) {
      const entry = rollouts.find(id);
      if (entry === undefined) continue;
      if (isFinished(entry)) wait.results[place] = entry.rollout;
      else if (patient && !entry.completed) add(wait.places, entry, place);
    }
    if (wait.places.size === 0) {
      settle(wait);
      return () => {};
    }
    this.#open.add(wait);
    for (const entry of wait.places.keys()) {
      let waits = this.#byRollout.get(entry);
      if (waits === undefined) this.#byRollout.set(entry, (waits = new Set()));
      waits.add(wait);
    }
    for (const [place, rollout] of wait.results.entries())
      if (rollout !== undefined) wait.results[place] = { ...rollout };
    if (timeoutSecs !== null && timeoutSecs * 1000 <= LONGEST_MS)
      wait.timer = clock.after(timeoutSecs * 1000, () => this.#end(wait));
    return () => this.#forget(wait);
  }

  /** A rollout has finished: those who wait for it need not any longer. */
  finished(entry: RolloutEntry): void {
    const waits = this.#byRollout.get(entry);
    if (waits === undefined) return;
    this.#byRollout.delete(entry);
    const snapshot = { ...entry.rollout };
    for (const wait of waits) {
      for (const place of wait.places.get(entry) ?? []) wait.results[place] = snapshot;
      wait.places.delete(entry);
      if (wait.places.size === 0) this.#end(wait);
    }
  }

  /** Answers all waits with what there is. */
  endAll(): void {
    for (const wait of this.#open) this.#end(wait);
  }

  #end(wait: Wait): void {
    this.#forget(wait);
    settle(wait);
  }

  #forget(wait: Wait): void {
    wait.timer?.unsubscribe();
    this.#open.delete(wait);
    for (const entry of wait.places.keys()) {
      const waits = this.#byRollout.get(entry);
      waits?.delete(wait);
      if (waits?.size === 0) this.#byRollout.delete(entry);
    }
  }
}

interface Wait {
  /** By place in the request; what has not finished leaves a hole. */
  readonly results: (WireRollout | undefined)[];
  /** What is still being waited for, and where it belongs. */
  readonly places: Map<RolloutEntry, number[]>;
  readonly answer: (finished: WireRollout[]) => void;
  timer: Subscription | undefined;
}

function settle(wait: Wait): void {
  wait.answer(wait.results.filter((rollout) => rollout !== undefined));
}

function add(places: Map<RolloutEntry, number[]>, entry: RolloutEntry, place: number): void {
  const known = places.get(entry);
  if (known === undefined) places.set(entry, [place]);
  else known.push(place);
}
