import { SluiceError } from '../../foundation/errors.js';

/** A value could not be encoded, or bytes could not be decoded; `context.codec` names the codec. */
export class PayloadError extends SluiceError {
  static override readonly code: string = 'PAYLOAD';

  constructor(codec: string, problem: string, cause?: unknown) {
    super(`${codec}: ${problem}`, { context: { codec }, ...(cause === undefined ? {} : { cause }) });
  }
}

const MAX_REASON = 120;

/** The error for a value that a codec refused with `cause`, whose message it repeats: the first line, without large numbers. */
export function cannotEncode(codec: string, cause: unknown): PayloadError {
  const [line = ''] = (cause instanceof Error ? cause.message : '').split('\n', 1);
  // An integer that is too large is a part of the value.
  const reason = line.replaceAll(/\d{10,}/g, '…').slice(0, MAX_REASON);
  return new PayloadError(codec, `the value cannot be encoded${reason && `: ${reason}`}`, cause);
}

/** This platform lacks something that a feature needs, such as a native module. */
export class NotSupportedError extends SluiceError {
  static override readonly code: string = 'NOT_SUPPORTED';
}
