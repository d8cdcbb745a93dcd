import { RolloutNotFoundError } from '../../src/codecs/lightning/errors.js';
import type { Watch } from '../../src/testing.js';
import { enqueued } from './rollouts.js';
import { waiting } from './waiting.js';

const idsOf = (seen: Watch<{ rolloutId: string }>): string[] => seen.values.map(({ rolloutId }) => rolloutId);

describe('waitForRollouts: ids that the store does not know', () => {
  it("are an error with onUnknown 'error', the default, after those that have ended", () => {
    waiting({}, function* (rig, { watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      rig.finish([a]);
      const seen = watch(rig.client.waitForRollouts(['ro-x', a, b, 'ro-y']));
      yield 200;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.error).toBeInstanceOf(RolloutNotFoundError);
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x', 'ro-y'], retryable: false });
    });
  });

  it("are left out with 'skip', which may leave nothing to wait for", () => {
    waiting({}, function* (rig, { watch }) {
      const [a] = enqueued(rig, 1) as [string];
      const seen = watch(rig.client.waitForRollouts(['ro-x', a], { onUnknown: 'skip' }));
      const none = watch(rig.client.waitForRollouts(['ro-x', 'ro-y'], { onUnknown: 'skip' }));
      yield 200;
      expect(none).toMatchObject({ values: [], ended: 'complete' });
      expect(seen.ended).toBeUndefined();
      rig.finish([a]);
      yield 1_000;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.ended).toBe('complete');
      expect(rig.wire.waits.at(-1)!.ids).toEqual([a]);
    });
  });

  it("are waited for with 'wait', and never searched for", () => {
    waiting({}, function* (rig, { watch }) {
      const seen = watch(rig.client.waitForRollouts(['ro-x'], { onUnknown: 'wait' }));
      yield 30_000;
      expect(seen.ended).toBeUndefined();
      expect(new Set(rig.wire.exchanges.map(({ name }) => name))).toEqual(new Set(['waitForRollouts']));
    });
  });

  it('cost one search that brings one rollout, when all are known', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 100);
      expectWire(rig.wire.only('Q', 'q')).toBe('20ms Q 19ms q', { Q: { name: 'queryRollouts', limit: 1 } });
      watch(rig.client.waitForRollouts(ids));
      yield 9_000;
    });
  });

  it.each([1, 2, 17, 500, 999])('are found among %i that are known, with few small searches', (known) => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, known);
      const mixed = [...ids];
      mixed.splice(known >> 1, 0, 'ro-x');
      mixed.push('ro-y');
      const seen = watch(rig.client.waitForRollouts(mixed));
      yield 2_000;
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x', 'ro-y'] });
      expect(rig.wire.named('queryRollouts').length).toBeLessThan(35);
      const most = rig.wire
        .named('queryRollouts')
        .map(({ body }) => body)
        .filter(({ limit }) => limit !== 1);
      for (const { rollout_id_in: few } of most) expect((few as string[]).length).toBeLessThanOrEqual(16);
    });
  });

  it("with a timeout of 0: 'error' is told, 'skip' costs nothing", () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q 59ms W 19ms w');
      const seen = watch(rig.client.waitForRollouts(['ro-x'], { timeoutMs: 0 }));
      yield 100;
      expect(seen.error).toMatchObject({ rolloutIds: ['ro-x'] });
      const skipped = watch(rig.client.waitForRollouts(['ro-x'], { timeoutMs: 0, onUnknown: 'skip' }));
      yield 100;
      expect(skipped.ended).toBe('complete');
    });
  });
});

describe('waitForRollouts: a store that is away', () => {
  it('is waited for, and nothing is told twice', () => {
    waiting({}, function* (rig, { watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      rig.finish([a]);
      const seen = watch(rig.client.waitForRollouts([a, b]));
      yield 1_000;
      rig.stop();
      yield 20_000;
      rig.start();
      rig.finish([b]);
      yield 3_000;
      expect(idsOf(seen)).toEqual([a, b]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('for longer than maxAwayMs ends it with the error of the connection', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 1);
      const seen = watch(rig.client.waitForRollouts(ids));
      const patient = watch(rig.client.waitForRollouts(ids, { maxAwayMs: 100_000 }));
      const hasty = watch(rig.client.waitForRollouts(ids, { maxAwayMs: 0 }));
      yield 1_000;
      rig.stop();
      yield 40_000;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION', context: { errno: 'ECONNREFUSED' } });
      expect(seen.endedAtMs).toBeGreaterThan(31_000);
      expect(seen.endedAtMs).toBeLessThan(34_000);
      expect(hasty.endedAtMs).toBeLessThan(3_000);
      expect(patient.ended).toBeUndefined();
    });
  });

  it('counts as away anew after it was there', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 1);
      const seen = watch(rig.client.waitForRollouts(ids, { maxAwayMs: 10_000 }));
      for (let round = 0; round < 3; round++) {
        yield 3_000;
        rig.stop();
        yield 7_000;
        rig.start();
      }
      rig.finish(ids);
      yield 3_000;
      expect(seen.ended).toBe('complete');
    });
  });

  it('at the end of the time is told, not taken for rollouts that have not ended', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe(
        'W 19ms (wQ) 16ms q 999ms W 19ms w 999ms W 19ms w 999ms W 19ms (xH) 16ms x 99ms H 19ms x 199ms H 19ms x ' +
          '499ms H 19ms x 999ms W 19ms (xH) 16ms x 99ms H 19ms x 199ms H 19ms x 499ms H 19ms x',
      );
      const seen = watch(rig.client.waitForRollouts(enqueued(rig, 1), { timeoutMs: 5_000, intervalMs: 1_000 }));
      yield 3_000;
      rig.stop();
      yield 5_000;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION' });
      expect(seen.endedAtMs).toBeLessThanOrEqual(6_000);
    });
  });

  it('with an error that will not pass ends it at once', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q 999ms W 19ms f');
      const seen = watch(rig.client.waitForRollouts(enqueued(rig, 1), { intervalMs: 1_000 }));
      yield 1_000;
      rig.server.faults.failNextRequests(1, 404, 'waitForRollouts');
      yield 1_100;
      expect(seen.error).toMatchObject({ status: 404 });
    });
  });
});

describe('waitForRollouts: a store that was started anew, empty', () => {
  it("after a while away: an error with onUnknown 'error', the end with 'skip', more waiting with 'wait'", () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 2);
      const error = watch(rig.client.waitForRollouts(ids));
      const skip = watch(rig.client.waitForRollouts(ids, { onUnknown: 'skip' }));
      const wait = watch(rig.client.waitForRollouts(ids, { onUnknown: 'wait' }));
      yield 1_000;
      rig.stop();
      yield 5_000;
      rig.startEmpty();
      yield 4_000;
      expect(error.error).toMatchObject({ code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ids });
      expect(skip).toMatchObject({ values: [], ended: 'complete' });
      expect(wait.ended).toBeUndefined();
    });
  });

  it('between two polls: its uptime tells, ten seconds later at most', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 2);
      expectWire(rig.wire.only('Q', 'Y', 'y')).toBe(
        '20ms Q 10s 91.125ms Y 19ms y 10s 199ms Y 19ms y 10s 199ms Y 19ms (yQ)',
      );
      const seen = watch(rig.client.waitForRollouts(ids));
      yield 25_300;
      expect(seen.ended).toBeUndefined();
      rig.startEmpty();
      yield 11_100;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ids });
    });
  });

  it('is asked for its uptime every ten seconds; one that has none is not asked for its rollouts again', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire.only('Q', 'Y', 'y', 'f')).toBe(
        '20ms Q 10s 91.125ms Y 19ms y 10s 199ms Y 19ms f 10s 199ms Y 19ms y',
      );
      const seen = watch(rig.client.waitForRollouts(enqueued(rig, 1)));
      yield 12_000;
      rig.server.faults.failNextRequests(1, 404, 'statistics');
      yield 24_000;
      expect(seen.ended).toBeUndefined();
    });
  });
});
