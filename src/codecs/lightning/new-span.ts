import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { checkAttributes } from './check-attributes.js';
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

const NAMES: OptionNames<NewSpan> = {
  rolloutId: true,
  attemptId: true,
  sequenceId: true,
  name: true,
  traceId: true,
  spanId: true,
  parentId: true,
  status: true,
  attributes: true,
  events: true,
  links: true,
  startTimeMs: true,
  endTimeMs: true,
  context: true,
  parent: true,
  resource: true,
};

/**
 * The whole span, as the wire wants it.
 * @throws {@link InvalidOptionError} naming the field.
 */
export function wholeSpan(span: NewSpan): Span {
  onlyKnown('addSpan', span, NAMES);
  const { status, resource, traceId = randomHex(32), spanId = randomHex(16), parentId, parent } = span;
  if (status !== undefined) onlyKnown('status', status, { statusCode: true, description: true });
  if (resource !== undefined) onlyKnown('resource', resource, { attributes: true, schemaUrl: true });
  return {
    rolloutId: filled('rolloutId', span.rolloutId),
    attemptId: filled('attemptId', span.attemptId),
    sequenceId: sequence(span.sequenceId),
    traceId,
    spanId,
    parentId,
    name: span.name,
    status: { statusCode: status?.statusCode ?? 'OK', description: status?.description },
    attributes: checkAttributes('attributes', span.attributes ?? {}),
    events: (span.events ?? []).map((event, at) => checkEvent(`events[${at}]`, event)),
    links: (span.links ?? []).map((link, at) => checkLink(`links[${at}]`, link)),
    startTimeMs: time('startTimeMs', span.startTimeMs),
    endTimeMs: time('endTimeMs', span.endTimeMs),
    context: span.context ?? localContext(traceId, spanId),
    parent: parent ?? (parentId === undefined ? undefined : localContext(traceId, parentId)),
    resource: {
      attributes: checkAttributes('resource.attributes', resource?.attributes ?? {}),
      schemaUrl: resource?.schemaUrl ?? '',
    },
  };
}

function localContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, isRemote: false, traceState: {} };
}

function sequence(id: number | undefined): number {
  if (id !== undefined) return integerIn('sequenceId', id, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  throw new InvalidOptionError('sequenceId', id, 'must be an integer, such as getNextSpanSequenceId() gives');
}

function checkEvent(option: string, event: SpanEvent): SpanEvent {
  checkAttributes(`${option}.attributes`, event.attributes);
  time(`${option}.timestampMs`, event.timestampMs);
  return event;
}

function checkLink(option: string, link: SpanLink): SpanLink {
  if (link.attributes !== undefined) checkAttributes(`${option}.attributes`, link.attributes);
  return link;
}

function time(option: string, ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : milliseconds(option, ms, Number.MAX_SAFE_INTEGER);
}

function filled(option: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOptionError(option, value, 'must be a string that is not empty');
}

function randomHex(digits: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
