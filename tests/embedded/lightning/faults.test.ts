import { marbles } from '../../../src/testing.js';
import { get, post, reach } from './talk.js';

it('fails the next requests with a status, and they do nothing', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('(HSSS) 14ms (hffs)');
    server.faults.failNextRequests(1, 503, 'startRollout');
    server.faults.failNextRequests(1, 408, 'startRollout');
    const probe = get(requester, '/health');
    const starts = [1, 2, 3].map((input) => post(requester, '/rollouts', { input }));
    yield 30;
    expect([probe, ...starts].map(({ status }) => status)).toEqual([200, 503, 408, 201]);
    expect(server.rollouts.map(({ input }) => input)).toEqual([3]);
  });
});

it('drops the next requests before they do anything', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('(SS) 16ms (xs)');
    server.faults.dropNextRequests(1);
    const [first, second] = [post(requester, '/rollouts', { input: 1 }), post(requester, '/rollouts', { input: 2 })];
    yield 30;
    expect([first.error?.context['errno'], second.status]).toEqual(['ECONNRESET', 201]);
    expect(server.rollouts.map(({ input }) => input)).toEqual([2]);
    expect(server.counters.dropped).toBe(1);
  });
});

it('carries the next requests out and drops their connections instead of answering, or behind the answer', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('E 19ms x 9ms E 19ms e');
    server.faults.dropBeforeNextAnswers(1, 'enqueue');
    const lost = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 30;
    server.faults.dropAfterNextAnswers(1);
    const got = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 2 }] });
    yield 30;
    expect([lost.error?.code, lost.error?.context['errno'], got.status]).toEqual(['CHANNEL', 'ECONNRESET', 201]);
    expect(server.rollouts.map(({ input }) => input)).toEqual([1, 2]);
  });
});

it('cuts, mislabels and swallows answers', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('(YHS) 15ms (xh)');
    server.faults.truncateNextAnswers(1, 'statistics');
    server.faults.mislabelNextAnswers(1, 'health');
    server.faults.swallowNextAnswers(1, 'startRollout');
    const [cut, odd, none] = [
      get(requester, '/statistics'),
      get(requester, '/health'),
      post(requester, '/rollouts', { input: 1 }),
    ];
    yield 3_600_000;
    expect(cut.error?.code).toBe('HTTP_ANSWER_CUT_OFF');
    expect([odd.status, odd.contentType, odd.json]).toEqual([200, 'text/html', '{"status":"ok"}']);
    expect([none.over, server.rollouts.length]).toEqual([false, 1]);
  });
});

it('delays answers, not what they tell of; a server that stops sends them at once', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('E 19ms e 9ms (DD) 26ms X 4989ms d 9ms D 39ms d');
    server.faults.delayNextAnswers(3, 5000, 'dequeue');
    post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 30;
    const [first, second] = [post(requester, '/queues/rollouts/dequeue'), post(requester, '/queues/rollouts/dequeue')];
    yield 30;
    expect([server.queueLength, first.over]).toEqual([0, false]);
    second.callOff();
    expect(server.counters.left).toBe(1);
    yield 5000;
    expect([first.status, second.over]).toEqual([200, false]);
    const third = post(requester, '/queues/rollouts/dequeue');
    yield 30;
    server.stop().subscribe();
    yield 30;
    expect([third.status, third.json]).toEqual([200, []]);
  });
});

it('drops all connections', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('E 19ms e 9ms W 14ms (Hxx) 15ms H 19ms h');
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 30;
    const [rollout] = made.json as { rollout_id: string }[];
    const wait = post(requester, '/waits/rollouts', { rollout_ids: [rollout?.rollout_id] });
    yield 15;
    const coming = get(requester, '/health');
    server.faults.dropConnections();
    yield 20;
    expect([wait, coming].map(({ error }) => error?.context['errno'])).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(server.openWaits).toBe(0);
    const again = get(requester, '/health');
    yield 30;
    expect(again.status).toBe(200);
  });
});

it('takes back what has not happened', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire } = reach(lightning());
    expectWire(wire).toBe('H 19ms h');
    server.faults.failNextRequests(5, 500);
    server.faults.dropNextRequests(5);
    server.faults.clear();
    const probe = get(requester, '/health');
    yield 30;
    expect(probe.status).toBe(200);
  });
});
