/** What an error says, for a line of text. Anything can be thrown, also what can't be put in words. */
export function messageOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    // Without a prototype there is no `toString`.
    return 'something that can not be shown';
  }
}
