import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles, type Script, Watch } from '../../src/testing.js';
import { type FloRig } from '../../src/testing/flo/flo-rig.js';
import { currentRun } from '../../src/testing/run/marble-run.js';
import { messages } from './queue-q.js';

/** How long virtual time goes on after the script has ended: until the last timer. */
function afterwards(script: (rig: FloRig) => Script): number {
  let left = Number.NaN;
  marbles(function* ({ flo }) {
    yield* script(flo({ semantics: 'server' }));
    const run = currentRun();
    const endedAtMs = run.nowMs;
    run.onEnd(() => (left = run.nowMs - endedAtMs));
  });
  return left;
}

/** Giving back takes a round trip, closing the connection a second of idleness and its latency. */
const SOON = 1_100;
/** A poll that is out is waited for. */
const POLL = 1_000;

describe('no timer is left behind by', () => {
  it.each([0, 15, 30, 50, 62, 90, 300, 1_020, 2_500])('a stream that is left after %i ms', (ms) => {
    const left = afterwards(function* (rig) {
      rig.enqueue('q', 'a', 'b', 'c');
      const seen = new Watch(messages(rig));
      yield ms;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON + POLL);
  });

  it('a stream that waits to connect again', () => {
    const left = afterwards(function* (rig) {
      const seen = new Watch(messages(rig));
      yield 100;
      rig.stop();
      yield 2_000;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(40);
  });

  it('a stream that pauses between early empty answers', () => {
    const left = afterwards(function* (rig) {
      rig.server.faults.emptyNextPolls(20, 'queue.dequeue');
      const seen = new Watch(messages(rig));
      yield 3_000;
      expect(rig.wire.polls.length).toBeLessThan(10);
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON);
  });

  it('deliveries that wait to come again, and leases', () => {
    const left = afterwards(function* (rig) {
      rig.enqueue('q', 'a', 'b');
      const deliveries = new Watch(messages(rig, { visibilityTimeoutMs: 600_000 }));
      yield 200;
      deliveries.at(0).nack({ delayMs: 60_000 });
      deliveries.at(1).ack();
      yield 10;
      deliveries.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON + POLL);
  });

  it('a call that was left', () => {
    const left = afterwards(function* (rig) {
      const seen = new Watch(rig.client.kv.get('key', { waitMs: Number.POSITIVE_INFINITY }));
      yield 500;
      seen.unsubscribe();
      rig.server.put('key', Buffer.from('x'));
    });
    expect(left).toBeLessThanOrEqual(SOON);
  });

  it('a client that is closed', () => {
    const left = afterwards(function* (rig) {
      rig.enqueue('q', 'a', 'b');
      new Watch(rig.client.kv.get('key', { waitMs: Number.POSITIVE_INFINITY }));
      new Watch(messages(rig).pipe(work((value) => value)));
      yield 500;
      const closed = new Watch(rig.client.close());
      yield 1_500;
      expect(closed.ended).toBe('complete');
    });
    expect(left).toBeLessThanOrEqual(40);
  });
});
