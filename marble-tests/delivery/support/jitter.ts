/** Takes the randomness out of backoff: every delay is as long as it can be. Undone by `jest.restoreAllMocks`. */
export function longestDelays(): void {
  jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
}
