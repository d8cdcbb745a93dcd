/** An error of the store, which the genuine server answers with 500 (lightning.md 7). */
export class StoreError extends Error {
  /** The name of the Python exception. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

export function valueError(message: string): StoreError {
  return new StoreError('ValueError', message);
}
