import { mergeMap, take, tap, timer, type Observable } from 'rxjs';
import { WaitTimeoutError } from '../../src/codecs/lightning/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import type { WaitOptions } from '../../src/observables/lightning/wait-options.js';
import { AnswerTooLargeError } from '../../src/transports/http/errors.js';
import type { Requester } from '../../src/transports/http/requester.js';
import { Watch } from '../lance/scene.js';
import { waiting, type Scene } from './scene.js';

const idsOf = (seen: Watch<{ rolloutId: string }>): string[] => seen.values.map(({ rolloutId }) => rolloutId);

/** Answers of more than `most` rollouts are larger than allowed. */
function limited(target: Requester, most: number): Requester {
  return {
    origin: target.origin,
    request: (request, events) =>
      target.request(request, {
        answered: (answer) => {
          const rollouts = JSON.parse(Buffer.from(answer.body).toString()) as unknown[];
          if (rollouts.length > most) events.failed(new AnswerTooLargeError(target.origin, 1));
          else events.answered(answer);
        },
        failed: (error) => events.failed(error),
      }),
    close: () => target.close(),
  };
}

describe('waitForRollouts', () => {
  it('emits each rollout as it ends, and completes when all have', () => {
    waiting({}, function* (scene) {
      const [a, b, c] = scene.rollouts(3) as [string, string, string];
      scene.end([b]);
      const seen = new Watch(scene.client.waitForRollouts([a, b, c]));
      yield 25;
      expect(idsOf(seen)).toEqual([b]);
      yield 100;
      scene.end([c], 'failed');
      yield 700;
      expect(idsOf(seen)).toEqual([b, c]);
      expect(seen.values[1]).toMatchObject({ status: 'failed', attempt: undefined, input: { n: 2 } });
      expect(seen.ended).toBeUndefined();
      yield 1_000;
      scene.end([a], 'cancelled');
      yield 1_000;
      expect(idsOf(seen)).toEqual([b, c, a]);
      expect(seen.ended).toBe('complete');
      // Only for what was still open, and never with a wait on the server's side.
      expect(scene.wire.polls[0]!.ids).toEqual([a, b, c]);
      expect(scene.wire.polls[1]!.ids).toEqual([a, c]);
      expect(scene.wire.polls.at(-1)!.ids).toEqual([a]);
      expect(scene.wire.named('POST /waits/rollouts').every(({ body }) => body['timeout'] === 0)).toBe(true);
    });
  });

  it('needs one poll, and nothing else, when all have ended before', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(3);
      scene.end(ids);
      const seen = new Watch(scene.client.waitForRollouts(ids));
      yield 25;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.ended).toBe('complete');
      expect(scene.wire.sent).toHaveLength(1);
    });
  });

  it('completes at once for an empty list, without a request', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts([]));
      expect(seen).toMatchObject({ values: [], ended: 'complete' });
      yield 100;
      expect(scene.wire.sent).toEqual([]);
    });
  });

  it('emits a rollout once, however often its id is given', () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      scene.end([a, b]);
      const seen = new Watch(scene.client.waitForRollouts([a, b, a, a]));
      yield 100;
      expect(idsOf(seen)).toEqual([a, b]);
      expect(scene.wire.polls.map(({ ids }) => ids)).toEqual([[a, b]]);
    });
  });

  it('does nothing until subscribed, and all of it again for each subscription', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      scene.end(ids);
      const wait = scene.client.waitForRollouts(ids);
      yield 100;
      expect(scene.wire.sent).toEqual([]);
      const seen = [new Watch(wait), new Watch(wait)];
      yield 100;
      expect(seen.map(idsOf)).toEqual([ids, ids]);
      expect(scene.wire.polls).toHaveLength(2);
    });
  });

  it('a list that is changed later is not the one waited for', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      const wait = scene.client.waitForRollouts(ids);
      scene.end(ids);
      const before = [...ids];
      ids.length = 0;
      const seen = new Watch(wait);
      yield 100;
      expect(idsOf(seen)).toEqual(before);
    });
  });

  it.each<[string, readonly string[], WaitOptions]>([
    ['rolloutIds[1]', ['a', ''], {}],
    ['timeoutMs', ['a'], { timeoutMs: -1 }],
    ['onTimeout', ['a'], { onTimeout: 'never' as never }],
    ['onUnknown', ['a'], { onUnknown: 'ignore' as never }],
    ['intervalMs', ['a'], { intervalMs: Number.NaN }],
    ['maxAwayMs', ['a'], { maxAwayMs: -1 }],
  ])('refuses a wrong %s before anything is sent', (option, ids, options) => {
    waiting({}, function* (scene) {
      expect(() => scene.client.waitForRollouts(ids, options)).toThrow(InvalidOptionError);
      expect(() => scene.client.waitForRollouts(ids, options)).toThrow(option);
      yield 0;
    });
  });

  it('take(n) ends it in the middle of an answer', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(3);
      scene.end(ids);
      const seen = new Watch(scene.client.waitForRollouts(ids).pipe(take(2)));
      yield 5_000;
      expect(idsOf(seen)).toEqual(ids.slice(0, 2));
      expect(scene.wire.sent).toHaveLength(1);
    });
  });

  it('unsubscribing while a poll is out calls it off, and nothing is sent any more', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      const seen = new Watch(scene.client.waitForRollouts(ids));
      yield 5;
      expect(scene.wire.open).toBe(1);
      seen.unsubscribe();
      expect(scene.wire).toMatchObject({ open: 0, calledOff: 1 });
      scene.end(ids);
      yield 10_000;
      expect(seen.values).toEqual([]);
      expect(scene.wire.sent).toHaveLength(1);
    });
  });

  it('closing the client ends it with an error', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(scene.rollouts(1)));
      yield 500;
      scene.client.close().subscribe();
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'CLOSED' });
    });
  });
});

describe('waitForRollouts: when the time is over', () => {
  it("completes with onTimeout 'complete', the default", () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      scene.end([a]);
      const seen = new Watch(scene.client.waitForRollouts([a, b], { timeoutMs: 3_000 }));
      yield 3_500;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.ended).toBe('complete');
      expect(seen.endedAtMs).toBe(3_020);
    });
  });

  it("errors with onTimeout 'error', and names those that are open", () => {
    waiting({}, function* (scene) {
      const [a, b, c] = scene.rollouts(3) as [string, string, string];
      scene.end([b]);
      const seen = new Watch(scene.client.waitForRollouts([a, b, c], { timeoutMs: 3_000, onTimeout: 'error' }));
      yield 3_500;
      expect(idsOf(seen)).toEqual([b]);
      expect(seen.error).toBeInstanceOf(WaitTimeoutError);
      expect(seen.error).toMatchObject({ openIds: [a, c], code: 'LIGHTNING_WAIT_TIMEOUT', retryable: true });
    });
  });

  it('finds one that ended after the last regular poll', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      const seen = new Watch(
        scene.client.waitForRollouts(ids, { timeoutMs: 3_000, intervalMs: 2_000, onTimeout: 'error' }),
      );
      yield 2_900;
      scene.end(ids);
      yield 200;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen).toMatchObject({ ended: 'complete', endedAtMs: 3_020 });
      expect(scene.wire.polls.map(({ atMs }) => atMs)).toEqual([0, 2_040, 3_000]);
    });
  });

  it('a poll that is out at that moment is the last', () => {
    waiting({ latencyMs: 100 }, function* (scene) {
      const ids = scene.rollouts(1);
      const seen = new Watch(scene.client.waitForRollouts(ids, { timeoutMs: 1_450, intervalMs: 1_000 }));
      yield 1_475;
      scene.end(ids);
      yield 1_000;
      expect(scene.wire.polls.map(({ atMs }) => atMs)).toEqual([0, 1_400]);
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.endedAtMs).toBe(1_600);
    });
  });

  it('waits no more than a second for the last look', () => {
    waiting({}, function* (scene) {
      const seen = new Watch(scene.client.waitForRollouts(scene.rollouts(1), { timeoutMs: 3_000 }));
      yield 2_900;
      scene.server.faults.swallowNextAnswers(1, 'waitForRollouts');
      yield 2_000;
      expect(seen).toMatchObject({ ended: 'complete', endedAtMs: 4_000 });
      expect(scene.wire.open).toBe(0);
    });
  });

  it('0 asks once', () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      scene.end([b]);
      const seen = new Watch(scene.client.waitForRollouts([a, b], { timeoutMs: 0, onUnknown: 'wait' }));
      yield 25;
      expect(idsOf(seen)).toEqual([b]);
      expect(seen.ended).toBe('complete');
      expect(scene.wire.sent).toHaveLength(1);
    });
  });

  it('0 asks by all rules of retrying', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      scene.end(ids);
      scene.server.faults.failNextRequests(2, 503, 'waitForRollouts');
      const seen = new Watch(scene.client.waitForRollouts(ids, { timeoutMs: 0 }));
      yield 4_000;
      expect(idsOf(seen)).toEqual(ids);
      expect(scene.wire.polls).toHaveLength(3);
    });
  });

  it('leaves no timer behind when it completes before', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(1);
      scene.end(ids);
      const seen = new Watch(scene.client.waitForRollouts(ids, { timeoutMs: 1_000 }));
      yield 5_000;
      expect(seen.endedAtMs).toBe(20);
      expect(scene.wire.sent).toHaveLength(1);
    });
  });
});

describe('waitForRollouts: how often it asks', () => {
  it('ever less often while nothing ends, and more often again when something has', () => {
    waiting({}, function* (scene) {
      const [a, b] = scene.rollouts(2) as [string, string];
      new Watch(scene.client.waitForRollouts([a, b], { onUnknown: 'wait' }));
      yield 5_000;
      const gaps = (polls: { atMs: number }[]): number[] =>
        polls.slice(1).map(({ atMs }, index) => Math.round(atMs - polls[index]!.atMs));
      // 20 ms of each are the round trip.
      expect(gaps(scene.wire.polls)).toEqual([221, 322, 472, 698, 1020, 1020, 1020]);
      scene.end([a]);
      yield 1_500;
      expect(gaps(scene.wire.polls).slice(7, 9)).toEqual([1020, 221]);
    });
  });

  it('every intervalMs, if told so', () => {
    waiting({}, function* (scene) {
      new Watch(scene.client.waitForRollouts(scene.rollouts(1), { intervalMs: 50, onUnknown: 'wait' }));
      yield 300;
      expect(scene.wire.polls.map(({ atMs }) => atMs)).toEqual([0, 70, 140, 210, 280]);
    });
  });

  it('less often where an answer takes long, so that the store has rest', () => {
    waiting({ latencyMs: 150 }, function* (scene) {
      new Watch(scene.client.waitForRollouts(scene.rollouts(1), { onUnknown: 'wait' }));
      yield 8_000;
      expect(scene.wire.polls.map(({ atMs }) => atMs)).toEqual([0, 3_300, 6_600]);
    });
  });

  it('a thousand ids at a time, one request after the other', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(2_500);
      scene.end(ids.slice(1));
      const seen = new Watch(scene.client.waitForRollouts(ids, { onUnknown: 'wait' }));
      yield 65;
      expect(scene.wire.polls.map(({ atMs, ids }) => [atMs, ids.length])).toEqual([
        [0, 1_000],
        [20, 1_000],
        [40, 500],
      ]);
      expect(idsOf(seen)).toEqual(ids.slice(1));
      yield 1_000;
      expect(scene.wire.polls[3]!.ids).toEqual(ids.slice(0, 1));
    });
  });

  it('fewer ids at a time where the answer would be larger than allowed', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(8);
      scene.end(ids);
      const wire = limited(scene.wire, 3);
      const client = new LightningStoreClient('http://memory', { requester: wire });
      const seen = new Watch(client.waitForRollouts(ids));
      yield 500;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.ended).toBe('complete');
      expect(scene.wire.polls.map(({ ids }) => ids.length)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    });
  });

  it('an error where the answer about a single one is larger than allowed', () => {
    waiting({}, function* (scene) {
      const ids = scene.rollouts(2);
      scene.end(ids);
      const client = new LightningStoreClient('http://memory', { requester: limited(scene.wire, 0) });
      const seen = new Watch(client.waitForRollouts(ids));
      yield 500;
      expect(seen.error).toMatchObject({ cause: { code: 'HTTP_ANSWER_TOO_LARGE' } });
      expect(scene.wire.polls.map(({ ids }) => ids.length)).toEqual([2, 1]);
    });
  });

  it('moves less than a tenth of the bytes of asking for all of 1 000 ids every 0.5 s', () => {
    const bytesOf = (ask: (scene: Scene, ids: string[]) => Observable<unknown>): number => {
      let bytes = 0;
      waiting({}, function* (scene) {
        const ids = scene.rollouts(1_000);
        const { counters } = scene.server;
        const told = (): number => counters.bytesIn + counters.bytesOut;
        bytes -= told();
        const asking = ask(scene, ids).subscribe();
        for (let second = 0; second < 50; second++) {
          const before = told();
          scene.end(ids.slice(second * 20, second * 20 + 20));
          bytes -= told() - before;
          yield 1_000;
        }
        yield 2_000;
        asking.unsubscribe();
        bytes += told();
      });
      return bytes;
    };
    let emitted = 0;
    const ours = bytesOf(({ client }, ids) => client.waitForRollouts(ids).pipe(tap(() => emitted++)));
    const naive = bytesOf(({ client }, ids) =>
      timer(0, 500).pipe(mergeMap(() => client.waitForRollouts(ids, { timeoutMs: 0, onUnknown: 'wait' }))),
    );
    expect(emitted).toBe(1_000);
    expect(ours / naive).toBeLessThan(0.1);
  });
});
