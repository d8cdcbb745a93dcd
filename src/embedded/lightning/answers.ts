import type { OutgoingAnswer } from '../../transports/http/service.js';
import type { Refusal } from './reading/refusal.js';
import { StoreError } from './store/store-error.js';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** An answer in JSON. Numbers that are not finite become null, as the genuine server sends them. */
export function jsonAnswer(status: number, value: unknown, headers?: Readonly<Record<string, string>>): OutgoingAnswer {
  const body = JSON.stringify(value);
  return { status, headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers }, body };
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): OutgoingAnswer {
  return { status, headers, body: '' };
}

export function refusalAnswer({ status, detail }: Refusal): OutgoingAnswer {
  return jsonAnswer(status, { detail });
}

/** A 500; the traceback ends as the genuine one does (lightning.md 7). */
export function errorAnswer(error: unknown): OutgoingAnswer {
  const [type, message] =
    error instanceof StoreError ? [error.errorType, error.message] : ['RuntimeError', String(error)];
  const traceback = `Traceback (most recent call last):\n  in the embedded server\n${type}: ${message}`;
  return jsonAnswer(500, { detail: 'Internal server error', error_type: type, traceback });
}
