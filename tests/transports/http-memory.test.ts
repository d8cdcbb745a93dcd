import { ClosedError } from '../../src/foundation/errors.js';
import { clock } from '../../src/foundation/clock.js';
import { MemoryOrigin } from '../../src/transports/http/memory.js';
import type { ExchangeEnd, IncomingRequest } from '../../src/transports/http/service.js';
import { marbles } from '../../src/testing.js';

interface Served {
  readonly request: IncomingRequest;
  readonly end: ExchangeEnd;
  readonly atMs: number;
  left: boolean;
}

/** An origin whose requests wait for the test to answer. */
function scene(latencyMs = 0) {
  const served: Served[] = [];
  const told: unknown[] = [];
  const origin = new MemoryOrigin((request, end) => {
    const one: Served = { request, end, atMs: clock.now(), left: false };
    served.push(one);
    return () => (one.left = true);
  });
  const requester = origin.requester({ latencyMs });
  const ask = (path: string): (() => void) => {
    const before = told.length;
    const callOff = requester.request(
      { method: 'POST', path, headers: { 'X-Name': 'v' }, body: 'b' },
      {
        answered: ({ status, contentType, body }) =>
          told.push([path, clock.now(), status, contentType, Buffer.from(body).toString()]),
        failed: (error) => told.push([path, clock.now(), error.code, error.context['errno']]),
      },
    );
    expect(told.length).toBe(before);
    return callOff;
  };
  return { origin, requester, served, told, ask };
}

const answer = { status: 418, headers: { 'content-type': 'Text/Plain; charset=utf-8' }, body: 'ü' };

it('takes a request there and an answer back, each on a later turn', () => {
  marbles(function* () {
    const { origin, served, told, ask } = scene(7);
    origin.open();
    ask('/a?b=c');
    expect([served.length, origin.exchanges]).toEqual([0, 1]);
    yield 100;
    const [one] = served;
    expect([one?.atMs, one?.request.method, one?.request.target, one?.request.body]).toEqual([
      7,
      'POST',
      '/a?b=c',
      'b',
    ]);
    expect([one?.request.header('x-name'), one?.request.header('host')]).toEqual(['v', undefined]);
    one?.end.answer(answer);
    expect(told).toEqual([]);
    one?.end.answer({ ...answer, status: 200 });
    one?.end.drop();
    yield 100;
    expect([told, origin.exchanges]).toEqual([[['/a?b=c', 107, 418, 'text/plain', 'ü']], 0]);
  });
});

it('keeps the order', () => {
  marbles(function* () {
    const { origin, served, told, ask } = scene();
    origin.open();
    for (const path of ['/1', '/2', '/3']) ask(path);
    yield 1;
    expect(served.map(({ request }) => request.target)).toEqual(['/1', '/2', '/3']);
    for (const { end } of served.toReversed()) end.answer({ ...answer, headers: {} });
    yield 1;
    expect(told).toEqual(['/3', '/2', '/1'].map((path) => [path, 1, 418, '', 'ü']));
  });
});

it('refuses while nobody listens', () => {
  marbles(function* () {
    const { origin, served, told, ask } = scene(5);
    ask('/early');
    origin.open();
    yield 5;
    expect(served.length).toBe(1);
    ask('/late');
    origin.close();
    yield 20;
    expect([origin.listening, told]).toEqual([false, [['/late', 15, 'CHANNEL', 'ECONNREFUSED']]]);
  });
});

it('a request called off before it arrives never does; later, the server hears of it and nobody of the answer', () => {
  marbles(function* () {
    const { origin, served, told, ask } = scene(5);
    origin.open();
    ask('/never')();
    const callOff = ask('/known');
    yield 10;
    expect(served.map(({ request, left }) => [request.target, left])).toEqual([['/known', false]]);
    callOff();
    callOff();
    expect([served[0]?.left, origin.exchanges]).toEqual([true, 0]);
    served[0]?.end.answer(answer);
    const late = ask('/late');
    yield 10;
    served[1]?.end.answer(answer);
    late();
    yield 100;
    expect([told, served[1]?.left]).toEqual([[], false]);
  });
});

it('breaks before an answer, in its middle or behind it', () => {
  marbles(function* () {
    const { origin, served, told, ask } = scene();
    origin.open();
    for (const path of ['/before', '/halfway', '/behind', '/all']) ask(path);
    yield 1;
    served[0]?.end.drop();
    served[1]?.end.drop(answer, 'halfway');
    served[2]?.end.drop(answer, 'afterwards');
    yield 1;
    origin.drop();
    yield 1;
    expect(told).toEqual([
      ['/before', 1, 'CHANNEL', 'ECONNRESET'],
      ['/halfway', 1, 'HTTP_ANSWER_CUT_OFF', undefined],
      ['/behind', 1, 418, 'text/plain', 'ü'],
      ['/all', 2, 'CHANNEL', 'ECONNRESET'],
    ]);
    expect(served.map(({ left }) => left)).toEqual([false, false, false, true]);
  });
});

it('fails what is under way when the requester closes, wherever it is, and all that comes later', () => {
  marbles(function* () {
    const { origin, requester, served, told, ask } = scene(5);
    origin.open();
    ask('/served');
    ask('/answered');
    yield 6;
    served[1]?.end.answer(answer);
    ask('/coming');
    requester.close();
    expect(told).toEqual([]);
    ask('/later');
    yield 100;
    const closed = (path: string): unknown[] => [path, 6, ClosedError.code, undefined];
    expect(told).toEqual(['/served', '/answered', '/coming', '/later'].map(closed));
    expect([served.length, served[0]?.left, origin.exchanges]).toEqual([2, true, 0]);
  });
});
