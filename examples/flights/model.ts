import type { Flight } from './flights.js';

/** What one feature adds to the predicted delay, and how many flights have told so. */
export interface Weight {
  minutes: number;
  flights: number;
}

/** A model's whole memory: plain JSON, one entry per feature that was seen. */
export type Weights = Record<string, Weight>;

/** What one training step says about itself. */
export interface Step {
  /** Mean squared error on the step's flights before the model learned from them, in minutes². */
  readonly error: number;
}

/**
 * How many flights a feature must have been seen with before it is believed half way. There are many flights at every
 * hour of the day, but few from most airports. The numbers were chosen on training flights alone (the model trained on
 * January and February, judged on the first half of March): never on the test set.
 */
const CAUTION: Record<string, number> = { all: 0, hour: 30, from: 400, to: 400, miles: 400 };
const BAND_MILES = 300;

/** What the model may know of a flight: all of it is known before departure. */
export function featuresOf(flight: Flight): string[] {
  return [
    'all',
    `hour ${flight.date.slice(11, 13)}`,
    `from ${flight.origin}`,
    `to ${flight.destination}`,
    `miles ${Math.floor(flight.distance / BAND_MILES) * BAND_MILES}`,
  ];
}

/**
 * Predicts how late a flight arrives, as a sum of what its features add. It learns online: each weight is a running mean
 * of what the others left unexplained. One pass over the data in any order is enough, and steps may be lost.
 */
export class DelayModel {
  readonly #weights: Map<string, Weight>;

  constructor(weights: Weights = {}) {
    this.#weights = new Map(Object.entries(weights).map(([feature, weight]) => [feature, { ...weight }]));
  }

  /** The predicted delay in minutes; 0 for a model that has learned nothing. */
  predict(flight: Flight): number {
    return this.#sum(featuresOf(flight));
  }

  /** Learns from a mini-batch. An empty one teaches nothing. */
  trainStep(flights: readonly Flight[]): Step {
    const missedBy = new Map<string, number[]>();
    let squares = 0;
    // All are judged before any is learned from: the error is of flights that the model has not seen.
    for (const flight of flights) {
      const features = featuresOf(flight);
      const missed = flight.delay - this.#sum(features);
      squares += missed ** 2;
      for (const feature of features) {
        const others = missedBy.get(feature);
        if (others === undefined) missedBy.set(feature, [missed]);
        else others.push(missed);
      }
    }
    for (const [feature, missed] of missedBy) this.#learn(feature, missed);
    return { error: flights.length === 0 ? 0 : squares / flights.length };
  }

  /** A copy of all weights; `new DelayModel(weights)` goes on where this one is. */
  weights(): Weights {
    return Object.fromEntries([...this.#weights].map(([feature, weight]) => [feature, { ...weight }]));
  }

  #sum(features: readonly string[]): number {
    return features.reduce((sum, feature) => sum + (this.#weights.get(feature)?.minutes ?? 0), 0);
  }

  #learn(feature: string, missed: readonly number[]): void {
    const weight = this.#weights.get(feature) ?? { minutes: 0, flights: 0 };
    weight.flights += missed.length;
    weight.minutes += missed.reduce((sum, minutes) => sum + minutes, 0) / (weight.flights + cautionOf(feature));
    this.#weights.set(feature, weight);
  }
}

/** Mean squared error of a prediction on flights, in minutes². */
export function squaredError(flights: readonly Flight[], predict: (flight: Flight) => number): number {
  return mean(flights.map((flight) => (flight.delay - predict(flight)) ** 2));
}

/** The simplest model there is, the one to beat: every flight is as late as the training flights were on average. */
export function meanDelay(training: readonly Flight[]): () => number {
  const minutes = mean(training.map((flight) => flight.delay));
  return () => minutes;
}

function cautionOf(feature: string): number {
  return CAUTION[feature.split(' ', 1)[0] ?? ''] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
