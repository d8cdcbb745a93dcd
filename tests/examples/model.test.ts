import { Failures } from '../../examples/flights/failures.js';
import { readFlights, type Flight } from '../../examples/flights/flights.js';
import { DelayModel, meanDelay, squaredError, type Weights } from '../../examples/flights/model.js';
import { seededRandom, shuffled } from '../../examples/flights/random.js';

const { training, test } = readFlights();
const baseline = squaredError(test, meanDelay(training));

describe('the delay model', () => {
  it.each([1, 2, 3])(
    'beats the training mean on later flights, one pass, four workers, lost batches (seed %i)',
    (seed) => {
      const model = new DelayModel();
      const batches = asFourWorkersTakeThem(mini(shuffled(training, seed), 80), seed);
      const failures = new Failures(seed);
      const learned = batches.filter(({ number }) => failures.planFor(number).kind !== 'for good');
      expect(learned.length).toBeLessThan(batches.length);
      for (const { flights } of learned) model.trainStep(flights);
      expect(squaredError(test, (flight) => model.predict(flight))).toBeLessThan(baseline * 0.975);
    },
  );

  it('does not win by what it must not know: with shuffled delays there is nothing to learn', () => {
    const delays = shuffled(
      training.map((flight) => flight.delay),
      7,
    );
    const model = new DelayModel();
    const scrambled = training.map((flight, index) => ({ ...flight, delay: delays[index] as number }));
    for (const { flights } of mini(shuffled(scrambled, 7), 80)) model.trainStep(flights);
    expect(squaredError(test, (flight) => model.predict(flight))).toBeGreaterThan(baseline * 0.99);
  });

  it('says the error of a step as it was before the step', () => {
    const model = new DelayModel();
    const flights = [flight({ delay: 10 }), flight({ delay: -20 })];
    expect(model.trainStep(flights)).toEqual({ error: 250 });
    expect(model.trainStep([])).toEqual({ error: 0 });
  });

  it('goes on from its weights, after a way through JSON, as if nothing had been', () => {
    const batches = mini(training.slice(0, 800), 80);
    const whole = new DelayModel();
    for (const { flights } of batches) whole.trainStep(flights);
    let weights: Weights = {};
    for (const { flights } of batches) {
      const model = new DelayModel(weights);
      model.trainStep(flights);
      weights = JSON.parse(JSON.stringify(model.weights())) as Weights;
    }
    expect(weights).toEqual(whole.weights());
    expect(weights['all']?.flights).toBe(800);
  });

  it('keeps its weights to itself', () => {
    const model = new DelayModel();
    model.trainStep([flight({ delay: 30 })]);
    const before = model.predict(flight({}));
    (model.weights()['all'] as { minutes: number }).minutes = 1_000;
    expect(model.predict(flight({}))).toBe(before);
  });
});

function flight(some: Partial<Flight>): Flight {
  return { id: 0, date: '2001/01/01 08:00', delay: 0, distance: 500, origin: 'DTW', destination: 'LAS', ...some };
}

function mini(flights: readonly Flight[], size: number): { number: number; flights: readonly Flight[] }[] {
  return Array.from({ length: Math.ceil(flights.length / size) }, (_, number) => ({
    number,
    flights: flights.slice(number * size, (number + 1) * size),
  }));
}

/** Each of the four workers holds one batch; which of them finishes next is left to chance. */
function asFourWorkersTakeThem<T>(batches: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const waiting = [...batches];
  const held = waiting.splice(0, 4);
  const finished: T[] = [];
  while (held.length > 0) {
    finished.push(...held.splice(Math.floor(random() * held.length), 1));
    held.push(...waiting.splice(0, 1));
  }
  return finished;
}
