import { map, timer, type Observable } from 'rxjs';
import type { Flight } from './flights.js';
import type { MiniBatch } from './mini-batches.js';
import { DelayModel, squaredError, type Weights } from './model.js';
import type { CurvePoint } from './plot.js';

/** Stands for the time that a training step takes on a machine elsewhere; meanwhile the other workers go on. */
const STEP_MS = 5;

/** One training step that was made. */
export interface Lesson {
  /** The ids of the flights that the model has learned from. */
  readonly flights: readonly number[];
  /** Mean squared error on them before the step, in minutes². */
  readonly error: number;
}

/** Owns the model: the workers bring their mini-batches here. */
export class Trainer {
  readonly #model = new DelayModel();
  readonly #curve: CurvePoint[] = [];
  #seen = 0;

  /** `lose` flights are forgotten without a word, to prove that the report would tell. */
  constructor(
    private readonly test: readonly Flight[],
    private lose: number,
  ) {
    this.#judge();
  }

  /** The error on the test set, from the untrained model on. It is only looked at: nothing here is decided by it. */
  get curve(): readonly CurvePoint[] {
    return this.#curve;
  }

  /** A copy of what the model knows now. */
  get weights(): Weights {
    return this.#model.weights();
  }

  /** Makes one training step. */
  train(batch: MiniBatch): Observable<Lesson> {
    return timer(STEP_MS).pipe(map(() => this.#learn(batch.flights)));
  }

  #learn(flights: readonly Flight[]): Lesson {
    const learned = flights.slice(Math.min(this.lose, flights.length));
    this.lose -= flights.length - learned.length;
    const { error } = this.#model.trainStep(learned);
    this.#seen += learned.length;
    this.#judge();
    return { flights: learned.map(({ id }) => id), error };
  }

  #judge(): void {
    this.#curve.push({ flights: this.#seen, error: squaredError(this.test, (flight) => this.#model.predict(flight)) });
  }
}
