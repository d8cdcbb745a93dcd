import { Commits } from '../../src/embedded/lance/commits.js';

it('forgets what was committed longest ago, once there are a hundred thousand', () => {
  const commits = new Commits();
  for (let consumer = 0n; consumer < 100_000n; consumer++) commits.set(1, consumer, consumer);
  commits.set(1, 0n, 5n);
  commits.set(2, 0n, 6n);
  expect(commits.get(1, 0n)).toBe(5n);
  expect(commits.get(1, 1n)).toBeUndefined();
  expect(commits.get(1, 2n)).toBe(2n);
  expect(commits.get(2, 0n)).toBe(6n);
  commits.clear();
  expect(commits.get(2, 0n)).toBeUndefined();
});
