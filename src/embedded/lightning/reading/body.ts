import { isUtf8 } from 'node:buffer';
import type { IncomingRequest } from '../../../transports/http/service.js';
import { Issues, type Read } from './issues.js';
import { JsonFault, parsePythonJson } from './python-json.js';
import { Refusal } from './refusal.js';

/** Deeper nesting can't be parsed by the genuine server, and must not be kept: it could never be sent again. */
const DEEPEST = 900;
/** Larger bodies are not repeated where something is wrong with them. */
const LARGEST_ECHO = 64 * 1024;

/**
 * Reads a request's body, which there must be.
 *
 * @throws Refusal
 */
export function requiredBody<T>(request: IncomingRequest, read: Read<T>): T {
  const issues = issuesFor(request);
  const json = jsonOf(request);
  if (json === undefined || json === null) {
    issues.add('missing', 'Field required', null);
    throw new Refusal(422, issues.found);
  }
  return finished(read(json, issues), issues);
}

/**
 * Reads a request's body; undefined if there is none or it is `null`.
 *
 * @throws Refusal
 */
export function optionalBody<T>(request: IncomingRequest, read: Read<T>): T | undefined {
  const json = jsonOf(request);
  if (json === undefined || json === null) return undefined;
  const issues = issuesFor(request);
  return finished(read(json, issues), issues);
}

/** Gives `value` back unless something was wrong with it. */
export function finished<T>(value: T, { found }: Issues): T {
  if (found.length > 0) throw new Refusal(422, found);
  return value;
}

function issuesFor({ body }: IncomingRequest): Issues {
  return new Issues('body', (body?.length ?? 0) <= LARGEST_ECHO);
}

/** What the body says, as a string if its type is not JSON; undefined if there are no bytes. */
function jsonOf(request: IncomingRequest): unknown {
  const { body } = request;
  if (body === undefined || body.length === 0) return undefined;
  if (!isJson(request.header('content-type'))) return typeof body === 'string' ? body : Buffer.from(body).toString();
  const text = typeof body === 'string' ? body : decode(body);
  if (text.length > 2 * DEEPEST && isDeeperThan(text, DEEPEST)) throw unreadable();
  try {
    return JSON.parse(text);
  } catch {
    return parseAgain(text);
  }
}

function parseAgain(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const detail = { type: 'json_invalid', loc: ['body', error.at], msg: 'JSON decode error', input: {} };
    throw new Refusal(422, [{ ...detail, ctx: { error: error.message } }]);
  }
}

function isJson(contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' || (type?.startsWith('application/') === true && type.endsWith('+json'));
}

/** The genuine server recognises UTF-16 and UTF-32 by where the zeros are, and takes a byte order mark. */
function decode(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const [a, b, c] = bytes;
  if (a === 0 || b === 0 || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return decodeWide(bytes);
  if (!isUtf8(bytes)) throw unreadable();
  const marked = a === 0xef && b === 0xbb && c === 0xbf;
  return bytes.toString('utf8', marked ? 3 : 0);
}

function decodeWide(bytes: Buffer): string {
  const [a, b, c, d] = bytes;
  const bigEndian = (a === 0 && (b !== 0 || c === 0)) || (a === 0xfe && b === 0xff);
  const quads =
    (a === 0 && b === 0) ||
    (c === 0 && d === 0 && bytes.length >= 4) ||
    (a === 0xff && b === 0xfe && c === 0 && d === 0);
  const size = quads ? 4 : 2;
  if (bytes.length % size !== 0) throw unreadable();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) {
    const unit = bigEndian ? bytes.readUIntBE(at, size) : bytes.readUIntLE(at, size);
    if (unit > 0x10_ff_ff) throw unreadable();
    text += String.fromCodePoint(unit);
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > limit) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      default:
    }
  }
  return false;
}

/** The place of the quote that ends the string which begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return text.length;
}

function unreadable(): Refusal {
  return new Refusal(400, 'There was an error parsing the body');
}
