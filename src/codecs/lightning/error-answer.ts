import { decodeUtf8 } from '../payload/utf8.js';
import {
  AttemptNotFoundError,
  RolloutNotFoundError,
  SpansEvictedError,
  StatusError,
  ValidationError,
  type LightningError,
  type Refusal,
} from './errors.js';

/** No message gets longer than this. */
const MAX_DETAIL = 500;

/** What the store says when it is asked again and again for what it does not have (lightning.md 7). */
const NO_ROLLOUT =
  /^ValueError: (?:Rollout (.*) not found|Item does not exist with primary key\(s\): rollout_id='(.*)')$/s;
const NO_ATTEMPT = /^ValueError: (?:No attempts found for rollout |Attempt .* not found for rollout )/s;
const EVICTED = /^RuntimeError: Spans for rollout .* have been evicted$/s;

/** The error that an error answer stands for. `request` is for the message, such as `GET /v1/agl/statistics`. */
export function errorOfAnswer(request: string, status: number, body: Uint8Array): LightningError {
  const refusal = refusalOf(status, body);
  if (status === 422) return new ValidationError(request, refusal);
  if (status !== 500) return new StatusError(request, refusal);
  const { detail, errorType } = refusal;
  const context = { request, ...refusal };
  const [, ...ids] = NO_ROLLOUT.exec(detail) ?? [];
  const id = ids.find((found) => found !== undefined);
  if (id !== undefined) return new RolloutNotFoundError([id], { context });
  if (NO_ATTEMPT.test(detail)) return new AttemptNotFoundError(request, refusal, { retryable: false });
  if (EVICTED.test(detail)) return new SpansEvictedError(request, refusal, { retryable: false });
  // The framework refuses to send what the store answered: it will refuse each time.
  const retryable = errorType !== 'ResponseValidationError';
  return new StatusError(request, refusal, { retryable });
}

/** Never throws: an error answer may come from anything between client and store, in any form. */
function refusalOf(status: number, body: Uint8Array): Refusal {
  const text = textOf(body);
  const fields = fieldsOf(text);
  const { detail, error_type: errorType, traceback } = fields;
  if (typeof errorType === 'string') {
    // The traceback shows paths of the server's sources; its last line is the message.
    const lines = typeof traceback === 'string' ? traceback.trimEnd() : '';
    const from = lines.lastIndexOf(`\n${errorType}: `) + 1;
    const last = lines.startsWith(`${errorType}: `, from) ? lines.slice(from) : errorType;
    return { status, detail: shortened(last), errorType };
  }
  return { status, detail: shortened(wordsOf(detail) ?? text), errorType: undefined };
}

/** `detail` is a text, or for a 422 a list of what is wrong where. */
function wordsOf(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return undefined;
  return detail
    .map((item: unknown) => {
      const { loc, msg } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
      return `${Array.isArray(loc) ? loc.join('.') : '?'}: ${typeof msg === 'string' ? msg : '?'}`;
    })
    .join('; ');
}

function textOf(body: Uint8Array): string {
  try {
    return decodeUtf8(body);
  } catch {
    return '';
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function shortened(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_DETAIL ? `${trimmed.slice(0, MAX_DETAIL)}…` : trimmed;
}
