import { LightningCore } from '../../../src/embedded/lightning/core.js';
import type { OutgoingAnswer } from '../../../src/transports/http/service.js';

const page = 'http://localhost:4200';

function ask(origins: readonly string[], method: string, headers: Readonly<Record<string, string>>): OutgoingAnswer {
  const core = new LightningCore({ corsAllowOrigins: origins }, { now: () => 0, dropConnections: () => {} });
  let got: OutgoingAnswer | undefined;
  core.serve(
    { method, target: '/v1/agl/health', body: undefined, header: (name) => headers[name] },
    { answer: (answer) => (got = answer), drop: (answer) => (got = answer) },
  );
  if (got === undefined) throw new Error('no answer');
  return got;
}

const preflight = { origin: page, 'access-control-request-method': 'POST' };

it('grants a page of an allowed origin what it asks for', () => {
  const { status, body, headers } = ask([page], 'OPTIONS', {
    ...preflight,
    'access-control-request-headers': 'content-type, traceparent',
  });
  expect([status, body]).toEqual([200, 'OK']);
  expect(headers).toMatchObject({
    'access-control-allow-origin': page,
    'access-control-allow-headers': 'content-type, traceparent',
  });
});

it.each([
  [{ origin: 'http://localhost:4201' }, 'Disallowed CORS origin'],
  [{ origin: 'null' }, 'Disallowed CORS origin'],
  [{ 'access-control-request-method': 'PROPFIND' }, 'Disallowed CORS method'],
  [{ 'access-control-request-private-network': 'true' }, 'Disallowed CORS private-network'],
  [{ origin: 'x', 'access-control-request-method': 'x' }, 'Disallowed CORS origin, method'],
])('refuses a preflight with %p', (change, text) => {
  const { status, body } = ask([page], 'OPTIONS', { ...preflight, ...change });
  expect([status, body]).toEqual([400, text]);
});

it('says that answers vary also to those who are no page, and nothing without configured origins', () => {
  expect(ask([page], 'GET', {}).headers).toEqual({ 'content-type': 'application/json', vary: 'Origin' });
  expect(ask(['*'], 'GET', {}).headers).toEqual({ 'content-type': 'application/json' });
  expect(ask([], 'GET', { origin: page }).headers).toEqual({ 'content-type': 'application/json' });
  expect(ask([], 'OPTIONS', preflight).status).toBe(405);
});

it('takes an OPTIONS that is no preflight for a wrong method', () => {
  expect(ask([page], 'OPTIONS', { origin: page })).toMatchObject({
    status: 405,
    headers: { allow: 'GET', 'access-control-allow-origin': page },
  });
});
