/** A test that could not have told anything, or that left something behind; the message says what to do about it. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
}
