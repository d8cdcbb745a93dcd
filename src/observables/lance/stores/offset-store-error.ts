import { SluiceError } from '../../../foundation/errors.js';

/** A position could not be read or written. */
export class OffsetStoreError extends SluiceError {
  static override readonly code: string = 'LANCE_OFFSET_STORE';
}
