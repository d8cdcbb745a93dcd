import { maybeMs, maybeObject, maybeString, numberOf, objectOf, stringOf, type JsonObject } from './json.js';
import { decodeSpanContext, encodeSpanContext, type SpanContext } from './span-context.js';
import type { WireSpan } from './wire.js';

/** What an attribute of a span can be: no null, no objects, no arrays of mixed types (lightning.md 3.7). */
export type AttributeValue = string | boolean | number | readonly string[] | readonly boolean[] | readonly number[];

/** Attributes by name. A number without fraction is stored as an integer: JSON from here has no `1.0`. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanStatus {
  readonly statusCode: 'UNSET' | 'OK' | 'ERROR';
  readonly description: string | undefined;
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
  readonly timestampMs: number | undefined;
}

export interface SpanLink {
  readonly context: SpanContext;
  readonly attributes: Attributes | undefined;
}

/** A piece of an attempt's trace (lightning.md 3.7). Times are in milliseconds, to the microsecond. */
export interface Span {
  readonly rolloutId: string;
  readonly attemptId: string;
  /** The order within the rollout; may repeat. */
  readonly sequenceId: number;
  /** 32 hexadecimal digits by convention. */
  readonly traceId: string;
  /** 16 hexadecimal digits by convention. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly startTimeMs: number | undefined;
  readonly endTimeMs: number | undefined;
  readonly context: SpanContext | undefined;
  readonly parent: SpanContext | undefined;
  /** Who made the span, in the words of OpenTelemetry; nothing to do with the store's resources. */
  readonly resource: { readonly attributes: Attributes; readonly schemaUrl: string };
}

export function encodeSpan(span: Span): WireSpan {
  const { status, resource, context, parent } = span;
  return {
    rollout_id: span.rolloutId,
    attempt_id: span.attemptId,
    sequence_id: span.sequenceId,
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_id: span.parentId ?? null,
    name: span.name,
    status: { status_code: status.statusCode, description: status.description ?? null },
    attributes: span.attributes as WireSpan['attributes'],
    events: span.events.map(({ name, attributes, timestampMs }) => ({
      name,
      attributes: attributes as WireSpan['attributes'],
      timestamp: secondsOf(timestampMs),
    })),
    links: span.links.map(({ context, attributes }) => ({
      context: encodeSpanContext(context),
      attributes: (attributes as WireSpan['attributes'] | undefined) ?? null,
    })),
    start_time: secondsOf(span.startTimeMs),
    end_time: secondsOf(span.endTimeMs),
    context: context === undefined ? null : encodeSpanContext(context),
    parent: parent === undefined ? null : encodeSpanContext(parent),
    resource: { attributes: resource.attributes as WireSpan['attributes'], schema_url: resource.schemaUrl },
  };
}

export function decodeSpan(value: unknown): Span {
  const wire = objectOf(value, 'a span');
  const status = maybeObject(wire, 'status') ?? {};
  const resource = maybeObject(wire, 'resource') ?? {};
  return {
    rolloutId: stringOf(wire, 'rollout_id'),
    attemptId: stringOf(wire, 'attempt_id'),
    sequenceId: numberOf(wire, 'sequence_id'),
    traceId: stringOf(wire, 'trace_id'),
    spanId: stringOf(wire, 'span_id'),
    parentId: maybeString(wire, 'parent_id'),
    name: stringOf(wire, 'name'),
    status: {
      statusCode: (maybeString(status, 'status_code') ?? 'UNSET') as SpanStatus['statusCode'],
      description: maybeString(status, 'description'),
    },
    attributes: attributesOf(wire) ?? {},
    events: listOf(wire, 'events').map((event) => ({
      name: stringOf(event, 'name'),
      attributes: attributesOf(event) ?? {},
      timestampMs: maybeMs(event, 'timestamp'),
    })),
    links: listOf(wire, 'links').map((link) => ({
      context: decodeSpanContext(link['context']),
      attributes: attributesOf(link),
    })),
    startTimeMs: maybeMs(wire, 'start_time'),
    endTimeMs: maybeMs(wire, 'end_time'),
    context: maybeContext(wire, 'context'),
    parent: maybeContext(wire, 'parent'),
    resource: { attributes: attributesOf(resource) ?? {}, schemaUrl: maybeString(resource, 'schema_url') ?? '' },
  };
}

function attributesOf(object: JsonObject): Attributes | undefined {
  return maybeObject(object, 'attributes') as Attributes | undefined;
}

function listOf(object: JsonObject, name: string): JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? value.map((item) => objectOf(item, `one of the ${name} of a span`)) : [];
}

function maybeContext(object: JsonObject, name: string): SpanContext | undefined {
  return object[name] === undefined || object[name] === null ? undefined : decodeSpanContext(object[name]);
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
