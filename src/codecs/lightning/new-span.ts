import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { Attributes, Span, SpanEvent, SpanLink, SpanStatus } from './span.js';
import type { SpanContext } from './span-context.js';

/** A {@link Span} to be added: what can be left out has a default. */
export interface NewSpan {
  readonly rolloutId: string;
  /** An id: `latest` is not resolved here. */
  readonly attemptId: string;
  readonly sequenceId: number;
  readonly name: string;
  /** Random if left out. */
  readonly traceId?: string | undefined;
  /** Random if left out. A span of the same id in the same attempt is not added again. */
  readonly spanId?: string | undefined;
  readonly parentId?: string | undefined;
  /** Without errors (`OK`) by default. */
  readonly status?: { readonly [K in keyof SpanStatus]?: SpanStatus[K] | undefined } | undefined;
  readonly attributes?: Attributes | undefined;
  readonly events?: readonly SpanEvent[] | undefined;
  readonly links?: readonly SpanLink[] | undefined;
  readonly startTimeMs?: number | undefined;
  readonly endTimeMs?: number | undefined;
  /** Made of the ids if left out. */
  readonly context?: SpanContext | undefined;
  readonly parent?: SpanContext | undefined;
  readonly resource?: { readonly attributes?: Attributes; readonly schemaUrl?: string } | undefined;
}

/**
 * The whole span, as the wire wants it.
 * @throws {@link InvalidOptionError} naming the field.
 */
export function wholeSpan(span: NewSpan): Span {
  const { status, resource, traceId = randomHex(32), spanId = randomHex(16), parentId, parent } = span;
  return {
    rolloutId: filled('rolloutId', span.rolloutId),
    attemptId: filled('attemptId', span.attemptId),
    sequenceId: integerIn('sequenceId', span.sequenceId, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    traceId,
    spanId,
    parentId,
    name: span.name,
    status: { statusCode: status?.statusCode ?? 'OK', description: status?.description },
    attributes: span.attributes ?? {},
    events: span.events ?? [],
    links: span.links ?? [],
    startTimeMs: span.startTimeMs,
    endTimeMs: span.endTimeMs,
    context: span.context ?? localContext(traceId, spanId),
    parent: parent ?? (parentId === undefined ? undefined : localContext(traceId, parentId)),
    resource: { attributes: resource?.attributes ?? {}, schemaUrl: resource?.schemaUrl ?? '' },
  };
}

function localContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, isRemote: false, traceState: {} };
}

function filled(option: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOptionError(option, value, 'must be a string that is not empty');
}

function randomHex(digits: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
