/** What scenarios carry: each of them once is right. */
export const NUMBERS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
export const SUM = 45;

export const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, each) => sum + each, 0);

/** Waits until it is so and a little longer, for 3 s at most: what is wrong then, the check says better. */
export function* settled(condition: () => boolean): Generator<number, void> {
  for (let waitedMs = 0; waitedMs < 3_000 && !condition(); waitedMs += 5) yield 5;
  yield 100;
}
