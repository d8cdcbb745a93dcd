import { TestScheduler } from 'rxjs/testing';
import { work } from '../../src/observables/delivery/operators/work.js';
import { clock } from '../../src/foundation/clock.js';
import type { Script } from '../../tests/embedded/script.js';
import { Deliveries, Scene, Watch } from './scene.js';

/** How long virtual time goes on after the script has ended: until the last timer. */
function afterwards(script: (scene: Scene) => Script): number {
  const scheduler = new TestScheduler(() => {});
  let endedAtMs = Number.NaN;
  scheduler.run(() => {
    const scene = new Scene({ semantics: 'server' });
    const running = script(scene);
    const play = (): void => {
      const { done, value } = running.next();
      if (done === true) endedAtMs = clock.now();
      else clock.after(value, play);
    };
    play();
  });
  return scheduler.frame - endedAtMs;
}

/** Giving back takes a round trip, closing the connection a second of idleness and its latency. */
const SOON = 1_100;
/** A poll that is out is waited for. */
const POLL = 1_000;

describe('no timer is left behind by', () => {
  it.each([0, 15, 30, 50, 62, 90, 300, 1_020, 2_500])('a stream that is left after %i ms', (ms) => {
    const left = afterwards(function* (scene) {
      scene.enqueue('a', 'b', 'c');
      const seen = new Watch(scene.messages());
      yield ms;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON + POLL);
  });

  it('a stream that waits to connect again', () => {
    const left = afterwards(function* (scene) {
      const seen = new Watch(scene.messages());
      yield 100;
      scene.stop();
      yield 2_000;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(40);
  });

  it('a stream that pauses between early empty answers', () => {
    const left = afterwards(function* (scene) {
      scene.server.faults.emptyNextPolls(20, 'queue.dequeue');
      const seen = new Watch(scene.messages());
      yield 3_000;
      expect(scene.wire.polls.length).toBeLessThan(10);
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON);
  });

  it('deliveries that wait to come again, and leases', () => {
    const left = afterwards(function* (scene) {
      scene.enqueue('a', 'b');
      const deliveries = new Deliveries(scene.messages({ visibilityTimeoutMs: 600_000 }));
      yield 200;
      deliveries.at(0).nack({ delayMs: 60_000 });
      deliveries.at(1).ack();
      yield 10;
      deliveries.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(SOON + POLL);
  });

  it('a call that was left', () => {
    const left = afterwards(function* (scene) {
      const seen = new Watch(scene.client.kv.get('key', { waitMs: Number.POSITIVE_INFINITY }));
      yield 500;
      seen.unsubscribe();
      scene.server.put('key', Buffer.from('x'));
    });
    expect(left).toBeLessThanOrEqual(SOON);
  });

  it('a client that is closed', () => {
    const left = afterwards(function* (scene) {
      scene.enqueue('a', 'b');
      new Watch(scene.client.kv.get('key', { waitMs: Number.POSITIVE_INFINITY }));
      new Watch(scene.messages().pipe(work((value) => value)));
      yield 500;
      const closed = new Watch(scene.client.close());
      yield 1_500;
      expect(closed.ended).toBe('complete');
    });
    expect(left).toBeLessThanOrEqual(40);
  });
});
