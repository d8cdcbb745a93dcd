import { maybeObject, objectOf, stringOf } from './json.js';
import type { WireSpanContext } from './wire.js';

/** Which span of which trace is meant; trace flags are not part of it (lightning.md 3.7). */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly isRemote: boolean;
  readonly traceState: Readonly<Record<string, string>>;
}

export function encodeSpanContext({ traceId, spanId, isRemote, traceState }: SpanContext): WireSpanContext {
  return { trace_id: traceId, span_id: spanId, is_remote: isRemote, trace_state: traceState };
}

export function decodeSpanContext(value: unknown): SpanContext {
  const wire = objectOf(value, 'a span context');
  return {
    traceId: stringOf(wire, 'trace_id'),
    spanId: stringOf(wire, 'span_id'),
    isRemote: wire['is_remote'] === true,
    traceState: (maybeObject(wire, 'trace_state') ?? {}) as Readonly<Record<string, string>>,
  };
}
