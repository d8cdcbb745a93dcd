import { RolloutNotFoundError } from '../../src/codecs/lightning/errors.js';
import { Watch } from '../lance/scene.js';
import { waiting } from './scene.js';

const idsOf = (seen: Watch<{ rolloutId: string }>): string[] => seen.values.map(({ rolloutId }) => rolloutId);

describe('waitForRollouts: ids that the store does not know', () => {
  it("are an error with onUnknown 'error', the default, after those that have ended", () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      scene.end([a]);
      const seen = new Watch(scene.client.waitForRollouts(['ro-x', a, b, 'ro-y']));
      yield 200;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.error).toBeInstanceOf(RolloutNotFoundError);
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x', 'ro-y'], retryable: false });
    });
  });

  it("are left out with 'skip', which may leave nothing to wait for", () => {
    waiting({}, function* (scene) {
      const [a] = scene.rollouts(1) as [string];
      const seen = new Watch(scene.client.waitForRollouts(['ro-x', a], { onUnknown: 'skip' }));
      const none = new Watch(scene.client.waitForRollouts(['ro-x', 'ro-y'], { onUnknown: 'skip' }));
      yield 200;
      expect(none).toMatchObject({ values: [], ended: 'complete' });
      expect(seen.ended).toBeUndefined();
      scene.end([a]);
      yield 1_000;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.ended).toBe('complete');
      expect(scene.wire.polls.at(-1)!.ids).toEqual([a]);
    });
  });

  it("are waited for with 'wait', and never searched for", () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(['ro-x'], { onUnknown: 'wait' }));
      yield 30_000;
      expect(seen.ended).toBeUndefined();
      expect(new Set(scene.wire.sent.map(({ name }) => name))).toEqual(new Set(['POST /waits/rollouts']));
    });
  });

  it('cost one search that brings one rollout, when all are known', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(100);
      new Watch(scene.client.waitForRollouts(ids));
      yield 9_000;
      expect(scene.wire.searches.map(({ atMs, body }) => [atMs, body['limit']])).toEqual([[20, 1]]);
    });
  });

  it.each([1, 2, 17, 500, 999])('are found among %i that are known, with few small searches', (known) => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(known);
      const mixed = [...ids];
      mixed.splice(known >> 1, 0, 'ro-x');
      mixed.push('ro-y');
      const seen = new Watch(scene.client.waitForRollouts(mixed));
      yield 2_000;
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x', 'ro-y'] });
      expect(scene.wire.searches.length).toBeLessThan(35);
      const most = scene.wire.searches.map(({ body }) => body).filter(({ limit }) => limit !== 1);
      for (const { rollout_id_in: few } of most) expect((few as string[]).length).toBeLessThanOrEqual(16);
    });
  });

  it("with a timeout of 0: 'error' is told, 'skip' costs nothing", () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(['ro-x'], { timeoutMs: 0 }));
      yield 100;
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x'] });
      const searches = scene.wire.searches.length;
      const skipped = new Watch(scene.client.waitForRollouts(['ro-x'], { timeoutMs: 0, onUnknown: 'skip' }));
      yield 100;
      expect(skipped.ended).toBe('complete');
      expect(scene.wire.searches).toHaveLength(searches);
    });
  });
});

describe('waitForRollouts: a store that is away', () => {
  it('is waited for, and nothing is told twice', () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      scene.end([a]);
      const seen = new Watch(scene.client.waitForRollouts([a, b]));
      yield 1_000;
      scene.stop();
      yield 20_000;
      scene.start();
      scene.end([b]);
      yield 3_000;
      expect(idsOf(seen)).toEqual([a, b]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('for longer than maxAwayMs ends it with the error of the connection', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      const seen = new Watch(scene.client.waitForRollouts(ids));
      const patient = new Watch(scene.client.waitForRollouts(ids, { maxAwayMs: 100_000 }));
      const hasty = new Watch(scene.client.waitForRollouts(ids, { maxAwayMs: 0 }));
      yield 1_000;
      scene.stop();
      yield 40_000;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION', context: { errno: 'ECONNREFUSED' } });
      expect(seen.endedAtMs).toBeGreaterThan(31_000);
      expect(seen.endedAtMs).toBeLessThan(34_000);
      expect(hasty.endedAtMs).toBeLessThan(3_000);
      expect(patient.ended).toBeUndefined();
    });
  });

  it('counts as away anew after it was there', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      const seen = new Watch(scene.client.waitForRollouts(ids, { maxAwayMs: 10_000 }));
      for (let round = 0; round < 3; round++) {
        yield 3_000;
        scene.stop();
        yield 7_000;
        scene.start();
      }
      scene.end(ids);
      yield 3_000;
      expect(seen.ended).toBe('complete');
    });
  });

  it('at the end of the time is told, not taken for rollouts that have not ended', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(scene.rollouts(1), { timeoutMs: 5_000 }));
      yield 3_000;
      scene.stop();
      yield 5_000;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION' });
      expect(seen.endedAtMs).toBeLessThanOrEqual(6_000);
    });
  });

  it('with an error that will not pass ends it at once', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(scene.rollouts(1)));
      yield 1_000;
      scene.server.faults.failNextRequests(1, 404, 'waitForRollouts');
      yield 1_100;
      expect(seen.error).toMatchObject({ status: 404 });
    });
  });
});

describe('waitForRollouts: a store that was started anew, empty', () => {
  it("after a while away: an error with onUnknown 'error', the end with 'skip', more waiting with 'wait'", () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(2);
      const error = new Watch(scene.client.waitForRollouts(ids));
      const skip = new Watch(scene.client.waitForRollouts(ids, { onUnknown: 'skip' }));
      const wait = new Watch(scene.client.waitForRollouts(ids, { onUnknown: 'wait' }));
      yield 1_000;
      scene.stop();
      yield 5_000;
      scene.startEmpty();
      yield 4_000;
      expect(error.error).toMatchObject({ code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ids });
      expect(skip).toMatchObject({ values: [], ended: 'complete' });
      expect(wait.ended).toBeUndefined();
    });
  });

  it('between two polls: its uptime tells, ten seconds later at most', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(2);
      const seen = new Watch(scene.client.waitForRollouts(ids));
      yield 25_300;
      expect(seen.ended).toBeUndefined();
      scene.startEmpty();
      yield 11_100;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ids });
    });
  });

  it('is asked for its uptime every ten seconds; one that has none is not asked for its rollouts again', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(scene.rollouts(1)));
      yield 12_000;
      scene.server.faults.failNextRequests(1, 404, 'statistics');
      yield 24_000;
      expect(scene.wire.named('GET /statistics')).toHaveLength(3);
      expect(scene.wire.searches).toHaveLength(1);
      expect(seen.ended).toBeUndefined();
    });
  });
});
