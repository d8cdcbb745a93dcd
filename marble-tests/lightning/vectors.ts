import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the official client was asked to do, what it sent, and what it made of the answers. */
export interface RecordedCall {
  readonly title: string;
  readonly method: string;
  readonly args: { readonly positional?: readonly unknown[]; readonly [keyword: string]: unknown };
  readonly returns?: unknown;
  readonly raises?: { readonly type: string; readonly status?: number };
  readonly http: readonly {
    readonly request: {
      readonly method: string;
      readonly path: string;
      readonly query_string?: string;
      readonly content_type?: string;
      readonly body?: unknown;
    };
    readonly response: { readonly status: number; readonly body: unknown };
  }[];
}

/** How the official client behaved on failures; times are in seconds. */
export interface RecordedRetries {
  readonly title: string;
  readonly client: {
    readonly retry_delays: readonly number[];
    readonly health_retry_delays: readonly number[];
    readonly request_timeout?: number;
  };
  readonly call: { readonly method: string; readonly args: readonly unknown[] };
  readonly returns?: unknown;
  readonly raises?: { readonly type: string; readonly status?: number };
  readonly transcript: readonly { readonly request: string; readonly t: number; readonly answer: number | string }[];
}

interface Vectors {
  readonly client_calls: readonly RecordedCall[];
  readonly client_retries: readonly RecordedRetries[];
}

export const vectors = JSON.parse(
  readFileSync(join(__dirname, '../../tests/vectors/lightning.json'), 'utf8'),
) as Vectors;

/** Objects whose keys are the user's. */
const FREE = new Set(['input', 'metadata', 'attributes', 'heartbeat_stats', 'sampling_parameters', 'trace_state']);
const SECONDS = /(?:_time|_seconds|^timestamp|^uptime)$/;

/** What the official client returns, in this library's terms. */
export function translated(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => translated(item));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (FREE.has(key)) return [camel(key), inner === null && key !== 'input' ? undefined : inner];
      if (SECONDS.test(key)) {
        const ms = typeof inner === 'number' ? Math.round(inner * 1e6) / 1e3 : undefined;
        return [`${camel(key.replace(/_seconds$/, ''))}Ms`, ms];
      }
      return [camel(key), translated(inner)];
    }),
  );
}

function camel(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
