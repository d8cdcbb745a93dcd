import { NoDeadLettersError } from '../../src/observables/delivery/errors.js';

describe('NoDeadLettersError says what to do', () => {
  it.each([
    ['lance', 'lance:q has nowhere to put dead letters: give it the option deadLetters'],
    ['flo', "flo:q has nowhere to put dead letters: its server keeps none; decide 'nack', 'ack' or 'fail'"],
  ] as const)('%s', (system, message) => {
    expect(NoDeadLettersError.of({ system, name: 'q', position: 1n }).message).toBe(message);
  });
});
