import type { ErrorContext, ErrorDetails } from '../../foundation/errors.js';
import {
  AccessDeniedError,
  BackpressureError,
  ForwardFailedError,
  InvalidFrameError,
  InvalidTopicNameError,
  LanceTimeoutError,
  NotLeaderError,
  ProtocolError,
  RateLimitedError,
  ServerCatchingUpError,
  ServerError,
  TopicAlreadyExistsError,
  TopicNotFoundError,
  type LanceError,
} from './errors.js';

type Make = (message: string, details: ErrorDetails) => LanceError;

/** The first pattern that matches decides (lance.md 11). */
const BY_TEXT: readonly (readonly [pattern: RegExp, make: Make])[] = [
  [/^NOT_LEADER:/, (message, details) => new NotLeaderError(message, leaderIn(message), details)],
  [/^FORWARD_FAILED\b/, (message, details) => new ForwardFailedError(message, details)],
  [
    /^(Configuration error: )?Topic '.*' already exists$/s,
    (message, details) => new TopicAlreadyExistsError(message, details),
  ],
  [
    /^(Invalid data: Topic name |Topic name required$)/,
    (message, details) => new InvalidTopicNameError(message, details),
  ],
  [/^I\/O error: File name too long/, (message, details) => new InvalidTopicNameError(message, details)],
  [/^(Topic not found|Unknown topic|(Configuration error: )?Topic \d+ not found)$/, notFound],
  [/^Authentication required$/, (message, details) => new AccessDeniedError(message, details)],
  [/^Rate limit exceeded/, (message, details) => new RateLimitedError(message, details)],
  [
    /^(I\/O error: |Failed to replicate )/,
    (message, details) => new ServerError(message, { ...details, retryable: true }),
  ],
  [/^(Protocol error: |Invalid client command$|Authentication handled)/, protocol],
  [/^(Fetch request payload required$|Invalid [a-z ]*payload)/, protocol],
];

/** The numeric codes that the documentation promises and no server sends yet. */
const BY_CODE: ReadonlyMap<number, Make> = new Map<number, Make>([
  ...each([0x02, 0x05], (message, details) => new InvalidFrameError(message, details)),
  ...each([0x03, 0x04, 0x06], protocol),
  ...each([0x10, 0x13], notFound),
  ...each([0x11], (message, details) => new TopicAlreadyExistsError(message, details)),
  ...each([0x12], (message, details) => new InvalidTopicNameError(message, details)),
  ...each([0x14], (_message, details) => new ServerCatchingUpError(offsetIn(details.context), details)),
  ...each([0x20], (message, details) => new NotLeaderError(message, addressIn(details.context), details)),
  ...each([0x30, 0x31], (message, details) => new BackpressureError(message, details)),
  ...each([0x40, 0x41, 0x42], (message, details) => new AccessDeniedError(message, details)),
  ...each([0x62], (message, details) => new LanceTimeoutError(message, details)),
]);

/**
 * The error that an ErrorResponse means. Servers send plain text without a code; the JSON form
 * `{"code":…,"message":…,"details":{…}}` of the documentation is understood as well.
 *
 * @example
 * errorFromText("Topic 'flights' already exists").code; // 'LANCE_TOPIC_EXISTS'
 */
export function errorFromText(text: string, context: ErrorContext = {}): LanceError {
  const structured = parseStructured(text);
  if (structured !== undefined) {
    const make = BY_CODE.get(structured.code) ?? ((message, details) => new ServerError(message, details));
    return make(structured.message, {
      context: { ...context, serverCode: structured.code, details: structured.details },
    });
  }
  for (const [pattern, make] of BY_TEXT) if (pattern.test(text)) return make(text, { context });
  return new ServerError(text, { context });
}

function notFound(message: string, details: ErrorDetails): LanceError {
  return new TopicNotFoundError(message, details);
}

function protocol(message: string, details: ErrorDetails): LanceError {
  return new ProtocolError(message, details);
}

function each(codes: readonly number[], make: Make): [number, Make][] {
  return codes.map((code) => [code, make]);
}

/** The `host:port` behind NOT_LEADER, if there is one that can be connected to. */
function leaderIn(text: string): string | undefined {
  const found = /(?:^|\s)(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):(\d{1,5})\s*$/.exec(text.slice('NOT_LEADER:'.length));
  if (found === null || text.includes('leader unknown')) return undefined;
  const port = Number(found[2]);
  return port >= 1 && port <= 65_535 ? `${found[1]}:${port}` : undefined;
}

interface Structured {
  readonly code: number;
  readonly message: string;
  readonly details: unknown;
}

function parseStructured(text: string): Structured | undefined {
  if (!/^[ \t\r\n]*\{/.test(text)) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    const code = field(parsed, 'code');
    const message = field(parsed, 'message');
    if (typeof code !== 'number') return undefined;
    return { code, message: typeof message === 'string' ? message : text, details: field(parsed, 'details') };
  } catch {
    // A text that only looks like JSON.
    return undefined;
  }
}

function offsetIn(context: ErrorContext | undefined): bigint {
  const offset = field(context?.['details'], 'server_offset');
  return typeof offset === 'number' && Number.isInteger(offset) && offset >= 0 ? BigInt(offset) : 0n;
}

function addressIn(context: ErrorContext | undefined): string | undefined {
  const address = field(context?.['details'], 'leader_addr');
  return typeof address === 'string' ? leaderIn(`NOT_LEADER: ${address}`) : undefined;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
