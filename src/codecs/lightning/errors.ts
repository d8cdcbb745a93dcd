import { SluiceError, type ErrorDetails } from '../../foundation/errors.js';

/** Anything that goes wrong between a Lightning client and a store. */
export class LightningError extends SluiceError {
  static override readonly code: string = 'LIGHTNING';
}

/** No connection, or it broke. What was sent and not answered has an unknown outcome. */
export class ConnectionError extends LightningError {
  static override readonly code: string = 'LIGHTNING_CONNECTION';
  static override readonly retryable: boolean = true;
}

/** The store did not answer in time. The outcome is unknown: what was asked for may have been done. */
export class LightningTimeoutError extends LightningError {
  static override readonly code: string = 'LIGHTNING_TIMEOUT';
  static override readonly retryable: boolean = true;
}

/** The server said something that the protocol does not allow. */
export class ProtocolError extends LightningError {
  static override readonly code: string = 'LIGHTNING_PROTOCOL';
}

/** The answer is no JSON by its content type: most likely something between client and store has answered. */
export class ContentTypeError extends ProtocolError {
  static override readonly code: string = 'LIGHTNING_CONTENT_TYPE';
  static override readonly retryable: boolean = true;
}

/** What an error answer says of itself. */
export interface Refusal {
  readonly status: number;
  /** The server's words, shortened; never a traceback. */
  readonly detail: string;
  /** The class of the exception in the store, such as `ValueError`; only a 500 has one. */
  readonly errorType: string | undefined;
}

/**
 * The server answered with a status that is an error (lightning.md 7). Retryable: 408, 429 and 500 upwards, unless the
 * words of a 500 say that it will always be so.
 */
export class StatusError extends LightningError implements Refusal {
  static override readonly code: string = 'LIGHTNING_STATUS';
  readonly status: number;
  readonly detail: string;
  readonly errorType: string | undefined;

  constructor(request: string, { status, detail, errorType }: Refusal, details: ErrorDetails = {}) {
    super(`${request}: ${status}${detail === '' ? '' : ` ${detail}`}`, {
      retryable: status === 408 || status === 429 || status >= 500,
      ...details,
      context: { ...details.context, request, status, detail, errorType },
    });
    this.status = status;
    this.detail = detail;
    this.errorType = errorType;
  }
}

/** The request is not as the server wants it (422); `detail` names the fields. */
export class ValidationError extends StatusError {
  static override readonly code: string = 'LIGHTNING_VALIDATION';
}

/** The store has no such rollout: the id is wrong, or the store was emptied since. */
export class RolloutNotFoundError extends LightningError {
  static override readonly code: string = 'LIGHTNING_ROLLOUT_NOT_FOUND';
  /** Those asked for that are unknown. */
  readonly rolloutIds: readonly string[];

  constructor(rolloutIds: readonly string[], details: ErrorDetails = {}) {
    const [first = '', ...others] = rolloutIds;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    super(`the store has no rollout ${JSON.stringify(first)}${more}`, {
      ...details,
      context: { ...details.context, rolloutIds },
    });
    this.rolloutIds = rolloutIds;
  }
}

/** The rollout has no such attempt, or none at all. */
export class AttemptNotFoundError extends StatusError {
  static override readonly code: string = 'LIGHTNING_ATTEMPT_NOT_FOUND';
}

/** The store has thrown the rollout's spans away to save memory, for good (lightning.md 4.12). */
export class SpansEvictedError extends StatusError {
  static override readonly code: string = 'LIGHTNING_SPANS_EVICTED';
}

/** Rollouts had not ended when the time to wait for them was over. */
export class WaitTimeoutError extends LightningError {
  static override readonly code: string = 'LIGHTNING_WAIT_TIMEOUT';
  static override readonly retryable: boolean = true;
  /** Those that have not ended, in the order asked for. */
  readonly openIds: readonly string[];

  constructor(openIds: readonly string[], timeoutMs: number) {
    super(`${openIds.length} rollouts have not ended within ${timeoutMs} ms`, { context: { openIds, timeoutMs } });
    this.openIds = openIds;
  }
}
