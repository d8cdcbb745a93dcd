import { unescape } from 'node:querystring';
import { errorOfAnswer } from '../../codecs/lightning/error-answer.js';
import { AGL } from '../../embedded/lightning/routes/route.js';
import { match } from '../../embedded/lightning/routes/router.js';
import type { HttpAnswer, HttpRequest } from '../../transports/http/requester.js';
import { jsonOf, objectIn, type HttpReading, type HttpSystem } from '../wires/http-wire.js';
import { LIGHTNING_LETTERS } from './letters.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a wire must know of Lightning. */
export const LIGHTNING: HttpSystem = { name: 'lightning', letters: LIGHTNING_LETTERS, asked, answered };

/** Which way of the store a request goes, and what it says, in this library's names. */
function asked(request: HttpRequest): HttpReading {
  const { method, path } = request;
  const [name, params] = routeOf(request);
  return {
    name,
    fields: { ...camel(request.body), method, path, params },
    words: `${name}: ${method} ${path.startsWith(AGL) ? path.slice(AGL.length) : path}`,
  };
}

function answered(request: HttpRequest, { status, body }: HttpAnswer): HttpReading {
  const [route] = routeOf(request);
  if (status >= 400) {
    const { code, message } = errorOfAnswer(route, status, body);
    return { name: 'refused', fields: { status, code, message }, words: `refused: ${message}` };
  }
  const json = jsonOf(body);
  const count = Array.isArray(json) ? { count: json.length } : {};
  const many = Array.isArray(json) ? `: ${json.length}` : '';
  return {
    name: `${route} answered`,
    fields: { status, answer: json, ...count },
    words: `${status} to ${route}${many}`,
  };
}

function routeOf({ method, path }: HttpRequest): [name: string, params: readonly string[]] {
  const [way = ''] = path.split('?', 1);
  const found = match(method, unescape(way));
  return found !== undefined && 'route' in found ? [found.route.name, found.params] : ['elsewhere', []];
}

function camel(body: HttpRequest['body']): Fields {
  return Object.fromEntries(
    Object.entries(objectIn(body)).map(([key, value]) => [
      key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
