import { PayloadError } from '../../../codecs/payload/errors.js';
import { messageOf } from '../../../foundation/message-of.js';
import type { DeadOptions, Origin } from '../../delivery/types.js';

/** What is kept of a delivery, or of one record, that was given up. */
export interface DeadLetter {
  /** `<system>:<name>` of the stream it came from. */
  readonly origin: string;
  readonly position: bigint;
  readonly attempts: number;
  /** The code or name of the last error, or `DEAD`. */
  readonly code: string;
  readonly message: string;
  /** When it was first delivered and when it was given up, in milliseconds since the Unix epoch. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The type of the record, or `'batch'`: then `value` holds whole records back to back, to be read by `decodeRecords`. */
  readonly type: number | 'batch';
  readonly value: Uint8Array;
}

/** The parts of a letter that do not depend on why it is written. */
export type LetterBody = Pick<DeadLetter, 'position' | 'type' | 'value' | 'firstAtMs' | 'lastAtMs'>;

/** @internal */
export function deadLetter(
  source: Omit<Origin, 'position'>,
  attempt: number,
  options: DeadOptions,
  body: LetterBody,
): DeadLetter {
  const { reason, cause, attempts = attempt } = options;
  const message = reason ?? (cause === undefined ? '' : messageOf(cause));
  return { origin: `${source.system}:${source.name}`, attempts, code: codeOf(cause), message, ...body };
}

/** The letter as it lies in a topic: one JSON record. */
export function encodeDeadLetter(letter: DeadLetter): string {
  const { origin, position, attempts, code, message, firstAtMs, lastAtMs, type, value } = letter;
  return JSON.stringify({
    origin,
    position: position.toString(),
    attempts,
    code,
    message,
    firstAt: new Date(firstAtMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
    type,
    value: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'),
  });
}

/**
 * Reads a letter back from the JSON of its record. Throws `PayloadError` if it is none: others may write to that topic, too.
 *
 * @example
 * import { records, autoAck } from 'sluice';
 * import { decodeDeadLetter, LanceClient } from 'sluice/lance';
 * const letters = new LanceClient().consume('flights-dead', { until: 'end' }).pipe(autoAck(), records());
 * letters.subscribe((record) => console.log(decodeDeadLetter(record.text()).message));
 */
export function decodeDeadLetter(text: string): DeadLetter {
  try {
    return letterIn(text);
  } catch (cause) {
    throw new PayloadError('dead letter', 'a text that is none', cause);
  }
}

function letterIn(text: string): DeadLetter {
  const { origin, position, attempts, code, message, firstAt, lastAt, type, value } = JSON.parse(text) as Record<
    'origin' | 'position' | 'code' | 'message' | 'firstAt' | 'lastAt' | 'value',
    string
  > & { attempts: number; type: number | 'batch' };
  return {
    origin,
    position: BigInt(position),
    attempts,
    code,
    message,
    firstAtMs: Date.parse(firstAt),
    lastAtMs: Date.parse(lastAt),
    type,
    value: new Uint8Array(Buffer.from(value, 'base64')),
  };
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'DEAD';
  const { code, name } = cause as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'DEAD';
}
