import { readFlights } from '../../examples/flights/flights.js';

describe('the flights', () => {
  const { training, test } = readFlights();

  it('are split in time: 16 076 to learn from, the later 3 924 to be judged by', () => {
    expect(training).toHaveLength(16_076);
    expect(test).toHaveLength(3_924);
    const latestLearned = training.reduce((latest, { date }) => (date > latest ? date : latest), '');
    const earliestJudged = test.reduce((earliest, { date }) => (date < earliest ? date : earliest), '9');
    expect(latestLearned).toMatch(/^2001\/03\/14 /);
    expect(earliestJudged).toMatch(/^2001\/03\/15 /);
  });

  it('are known by their index in the file', () => {
    expect(training[0]).toEqual({
      id: 0,
      date: '2001/01/01 00:47',
      delay: 66,
      distance: 1750,
      origin: 'DTW',
      destination: 'LAS',
    });
    const ids = [...training, ...test].map((flight) => flight.id);
    expect(new Set(ids).size).toBe(20_000);
    expect(Math.max(...ids)).toBe(19_999);
  });
});
