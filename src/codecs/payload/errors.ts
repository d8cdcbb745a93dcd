import { SluiceError } from '../../foundation/errors.js';

/** A value could not be encoded, or bytes could not be decoded; `context.codec` names the codec. */
export class PayloadError extends SluiceError {
  static override readonly code: string = 'PAYLOAD';

  constructor(codec: string, problem: string, cause?: unknown) {
    super(`${codec}: ${problem}`, { context: { codec }, ...(cause === undefined ? {} : { cause }) });
  }
}

/** This platform lacks something that a feature needs, such as a native module. */
export class NotSupportedError extends SluiceError {
  static override readonly code: string = 'NOT_SUPPORTED';
}
