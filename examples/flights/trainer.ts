import { defer, map, timer, type Observable } from 'rxjs';
import type { Failures } from './failures.js';
import type { Flight } from './flights.js';
import type { MiniBatch } from './mini-batches.js';
import { DelayModel, squaredError } from './model.js';
import type { CurvePoint } from './plot.js';

/** Stands for the time that a training step takes on a machine elsewhere; meanwhile the other workers go on. */
const STEP_MS = 5;

/** One training step that was made. */
export interface Lesson {
  readonly flights: number;
}

/** Owns the model: the workers bring their mini-batches here. */
export class Trainer {
  readonly #model = new DelayModel();
  readonly #seen = new Set<number>();
  readonly #curve: CurvePoint[] = [];

  /** `lose` flights are forgotten without a word, to prove that the report would tell. */
  constructor(
    private readonly test: readonly Flight[],
    private readonly failures: Failures,
    private lose: number,
  ) {
    this.#judge();
  }

  /** How many different flights the model has seen. */
  get trained(): number {
    return this.#seen.size;
  }

  /** The error on the test set, from the untrained model on. It is only looked at: nothing here is decided by it. */
  get curve(): readonly CurvePoint[] {
    return this.#curve;
  }

  /** Mean squared error on the test set now. */
  get error(): number {
    return squaredError(this.test, (flight) => this.#model.predict(flight));
  }

  /** Makes one training step, or fails as planned before the model has seen anything. */
  train(batch: MiniBatch, attempt: number): Observable<Lesson> {
    return defer(() => {
      this.failures.strike(batch.number, attempt);
      return timer(STEP_MS);
    }).pipe(map(() => this.#learn(batch.flights)));
  }

  #learn(flights: readonly Flight[]): Lesson {
    const learned = flights.slice(Math.min(this.lose, flights.length));
    this.lose -= flights.length - learned.length;
    this.#model.trainStep(learned);
    for (const { id } of learned) this.#seen.add(id);
    this.#judge();
    return { flights: learned.length };
  }

  #judge(): void {
    this.#curve.push({ flights: this.#seen.size, error: this.error });
  }
}
