import { LightningCore } from '../../../src/embedded/lightning/core.js';
import type { Ids } from '../../../src/embedded/lightning/store/ids.js';
import type { Scenario, Step } from './vectors.js';

/** A core that stands where the recorded server stood. */
export interface Stage {
  readonly core: LightningCore;
  /** Sets the clock, in seconds. */
  at(now: number): void;
}

/** What came back. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const START = 1_760_000_000;

export function stageOf({ server }: Scenario): Stage {
  let now = START;
  const { span_size_bytes: spanSize } = server;
  const core = new LightningCore(
    {
      corsAllowOrigins: server.cors_allow_origins === null ? [] : [...server.cors_allow_origins],
      scanDebounceMs: server.scan_debounce_seconds * 1000,
      evictionThresholdBytes: server.eviction_memory_threshold,
      safeThresholdBytes: server.safe_memory_threshold,
    },
    {
      now: () => now,
      dropConnections: () => {},
      ids: countedIds(),
      ...(spanSize !== undefined && { sizeOfSpan: () => spanSize }),
    },
  );
  return { core, at: (seconds) => (now = seconds) };
}

export function targetOf({ request }: Step): string {
  if (request.query === undefined) return request.path;
  const query = new URLSearchParams(request.query.map(([name, value]): [string, string] => [name, value]));
  return `${request.path}?${query.toString()}`;
}

export function bodyOf({ request }: Step): Uint8Array | undefined {
  if (request.body_base64 !== undefined) return Buffer.from(request.body_base64, 'base64');
  if (request.body_text !== undefined) return Buffer.from(request.body_text);
  return 'body' in request ? Buffer.from(JSON.stringify(request.body)) : undefined;
}

/** Compares as the vectors say: statuses, recorded headers and bodies; of each complaint its type and place. */
export function expectRecorded(step: Step, got: Got, base: string): void {
  const { response, volatile = [], version_dependent: differing = [] } = step;
  expect(got.status).toBe(response.status);
  for (const [name, value] of Object.entries(response.headers ?? {}))
    if (!differing.includes(`/headers/${name}`))
      expect([name, got.headers[name]]).toEqual([name, value.replace('{base}', base)]);
  if ('body' in response) {
    const ours: unknown = JSON.parse(got.body);
    const theirs = structuredClone(response.body);
    for (const pointer of volatile) for (const body of [ours, theirs]) remove(body, pointer.replace('/body/', ''));
    if (response.status === 422) expect(complaints(ours)).toEqual(complaints(theirs));
    else expect(ours).toEqual(theirs);
  }
  if (response.body_text !== undefined) expect(got.body).toBe(response.body_text);
  if (step.exception?.includes(':') === true && response.status === 500) {
    const { traceback } = JSON.parse(got.body) as { traceback: string };
    expect(traceback.split('\n').at(-1)).toBe(step.exception);
  }
}

function countedIds(): Ids {
  const counter = (prefix: string, digits: number): (() => string) => {
    let last = 0;
    return () => `${prefix}-${(++last).toString(16).padStart(digits, '0')}`;
  };
  return { rollout: counter('ro', 12), attempt: counter('at', 8), resources: counter('rs', 12) };
}

function remove(body: unknown, field: string): void {
  if (typeof body === 'object' && body !== null) Reflect.deleteProperty(body, field);
}

function complaints(body: unknown): unknown {
  const { detail } = body as { detail: { type: string; loc: unknown; msg: string; input: unknown; ctx?: unknown }[] };
  return detail.map(({ type, loc }) => [type, loc]);
}
