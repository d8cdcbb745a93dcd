import { mergeMap, take, tap, timer, type Observable } from 'rxjs';
import { WaitTimeoutError } from '../../src/codecs/lightning/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import type { WaitOptions } from '../../src/observables/lightning/wait-options.js';
import type { Watch } from '../../src/testing.js';
import { type LightningRig } from '../../src/testing/lightning/lightning-rig.js';
import { AnswerTooLargeError } from '../../src/transports/http/errors.js';
import type { Requester } from '../../src/transports/http/requester.js';
import { enqueued } from './rollouts.js';
import { waiting } from './waiting.js';

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
    waiting({}, function* (rig, { watch }) {
      const [a, b, c] = enqueued(rig, 3) as [string, string, string];
      rig.finish([b]);
      const seen = watch(rig.client.waitForRollouts([a, b, c]));
      yield 25;
      expect(idsOf(seen)).toEqual([b]);
      yield 100;
      rig.finish([c], 'failed');
      yield 700;
      expect(idsOf(seen)).toEqual([b, c]);
      expect(seen.values[1]).toMatchObject({ status: 'failed', attempt: undefined, input: { n: 2 } });
      expect(seen.ended).toBeUndefined();
      yield 1_000;
      rig.finish([a], 'cancelled');
      yield 1_000;
      expect(idsOf(seen)).toEqual([b, c, a]);
      expect(seen.ended).toBe('complete');
      // Only for what was still open, and never with a wait on the server's side.
      expect(rig.wire.waits[0]!.ids).toEqual([a, b, c]);
      expect(rig.wire.waits[1]!.ids).toEqual([a, c]);
      expect(rig.wire.waits.at(-1)!.ids).toEqual([a]);
      expect(rig.wire.named('waitForRollouts').every(({ body }) => body['timeout'] === 0)).toBe(true);
    });
  });

  it('needs one poll, and nothing else, when all have ended before', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 3);
      rig.finish(ids);
      expectWire(rig.wire).toBe('W 19ms w');
      const seen = watch(rig.client.waitForRollouts(ids));
      yield 25;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.ended).toBe('complete');
    });
  });

  it('completes at once for an empty list, without a request', () => {
    waiting({}, function* (rig, { watch }) {
      const seen = watch(rig.client.waitForRollouts([]));
      expect(seen).toMatchObject({ values: [], ended: 'complete' });
      yield 100;
      expect(rig.wire.exchanges).toEqual([]);
    });
  });

  it('emits a rollout once, however often its id is given', () => {
    waiting({}, function* (rig, { watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      rig.finish([a, b]);
      const seen = watch(rig.client.waitForRollouts([a, b, a, a]));
      yield 100;
      expect(idsOf(seen)).toEqual([a, b]);
      expect(rig.wire.waits.map(({ ids }) => ids)).toEqual([[a, b]]);
    });
  });

  it('does nothing until subscribed, and all of it again for each subscription', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 1);
      rig.finish(ids);
      expectWire(rig.wire).toBe('100ms (WW) 16ms (ww)');
      const wait = rig.client.waitForRollouts(ids);
      yield 100;
      const seen = [watch(wait), watch(wait)];
      yield 100;
      expect(seen.map(idsOf)).toEqual([ids, ids]);
    });
  });

  it('a list that is changed later is not the one waited for', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 1);
      const wait = rig.client.waitForRollouts(ids);
      rig.finish(ids);
      const before = [...ids];
      ids.length = 0;
      const seen = watch(wait);
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
    waiting({}, function* (rig) {
      expect(() => rig.client.waitForRollouts(ids, options)).toThrow(InvalidOptionError);
      expect(() => rig.client.waitForRollouts(ids, options)).toThrow(option);
      yield 0;
    });
  });

  it('take(n) ends it in the middle of an answer', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 3);
      rig.finish(ids);
      expectWire(rig.wire).toBe('W 19ms w');
      const seen = watch(rig.client.waitForRollouts(ids).pipe(take(2)));
      yield 5_000;
      expect(idsOf(seen)).toEqual(ids.slice(0, 2));
    });
  });

  it('unsubscribing while a poll is out calls it off, and nothing is sent any more', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 1);
      expectWire(rig.wire).toBe('W----X');
      const seen = watch(rig.client.waitForRollouts(ids));
      yield 5;
      seen.unsubscribe();
      rig.finish(ids);
      yield 10_000;
      expect(seen.values).toEqual([]);
    });
  });

  it('closing the client ends it with an error', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q');
      const seen = watch(rig.client.waitForRollouts(enqueued(rig, 1)));
      yield 230;
      rig.client.close().subscribe();
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'CLOSED' });
    });
  });
});

describe('waitForRollouts: when the time is over', () => {
  it("completes with onTimeout 'complete', the default", () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      rig.finish([a]);
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q 1999ms W 19ms w 939ms W 19ms w');
      const seen = watch(rig.client.waitForRollouts([a, b], { timeoutMs: 3_000, intervalMs: 2_000 }));
      yield 3_500;
      expect(idsOf(seen)).toEqual([a]);
      expect(seen.ended).toBe('complete');
      expect(seen.endedAtMs).toBe(3_020);
    });
  });

  it("errors with onTimeout 'error', and names those that are open", () => {
    waiting({}, function* (rig, { watch }) {
      const [a, b, c] = enqueued(rig, 3) as [string, string, string];
      rig.finish([b]);
      const seen = watch(rig.client.waitForRollouts([a, b, c], { timeoutMs: 3_000, onTimeout: 'error' }));
      yield 3_500;
      expect(idsOf(seen)).toEqual([b]);
      expect(seen.error).toBeInstanceOf(WaitTimeoutError);
      expect(seen.error).toMatchObject({ openIds: [a, c], code: 'LIGHTNING_WAIT_TIMEOUT', retryable: true });
    });
  });

  it('finds one that ended after the last regular poll', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q 1999ms W 19ms n 939ms W 19ms y', {
        n: { name: 'waitForRollouts answered', count: 0 },
        y: { name: 'waitForRollouts answered', count: 1 },
      });
      const ids = enqueued(rig, 1);
      const seen = watch(rig.client.waitForRollouts(ids, { timeoutMs: 3_000, intervalMs: 2_000, onTimeout: 'error' }));
      yield 2_900;
      rig.finish(ids);
      yield 200;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen).toMatchObject({ ended: 'complete', endedAtMs: 3_020 });
    });
  });

  it('a poll that is out at that moment is the last', () => {
    waiting({ latencyMs: 100 }, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 199ms (wQ) 196ms q 999ms W 199ms w');
      const ids = enqueued(rig, 1);
      const seen = watch(rig.client.waitForRollouts(ids, { timeoutMs: 1_450, intervalMs: 1_000 }));
      yield 1_475;
      rig.finish(ids);
      yield 1_000;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.endedAtMs).toBe(1_600);
    });
  });

  it('waits no more than a second for the last look', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms (wQ) 16ms q 1999ms W 19ms w 939ms W 999ms X');
      const seen = watch(rig.client.waitForRollouts(enqueued(rig, 1), { timeoutMs: 3_000, intervalMs: 2_000 }));
      yield 2_900;
      rig.server.faults.swallowNextAnswers(1, 'waitForRollouts');
      yield 2_000;
      expect(seen).toMatchObject({ ended: 'complete', endedAtMs: 4_000 });
    });
  });

  it('0 asks once', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      rig.finish([b]);
      expectWire(rig.wire).toBe('W 19ms w');
      const seen = watch(rig.client.waitForRollouts([a, b], { timeoutMs: 0, onUnknown: 'wait' }));
      yield 25;
      expect(idsOf(seen)).toEqual([b]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('0 asks by all rules of retrying', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 1);
      rig.finish(ids);
      rig.server.faults.failNextRequests(2, 503, 'waitForRollouts');
      expectWire(rig.wire).toBe('W 19ms (fH) 16ms h 999ms W 19ms (fH) 16ms h 1999ms W 19ms w');
      const seen = watch(rig.client.waitForRollouts(ids, { timeoutMs: 0 }));
      yield 4_000;
      expect(idsOf(seen)).toEqual(ids);
    });
  });

  it('leaves no timer behind when it completes before', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const ids = enqueued(rig, 1);
      rig.finish(ids);
      expectWire(rig.wire).toBe('W 19ms w');
      const seen = watch(rig.client.waitForRollouts(ids, { timeoutMs: 1_000 }));
      yield 5_000;
      expect(seen.endedAtMs).toBe(20);
    });
  });
});

describe('waitForRollouts: how often it asks', () => {
  it('ever less often while nothing ends, and more often again when something has', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      const [a, b] = enqueued(rig, 2) as [string, string];
      expectWire(rig.wire).toBe(
        'W 19ms w 200ms W 19ms w 300.5ms W 19ms w 451.25ms W 19ms w 677.375ms W 19ms w 999ms W 19ms w 999ms W 19ms w ' +
          '999ms W 19ms w 999ms W 19ms a 200ms W 19ms w 300.5ms W 19ms w',
        { a: { name: 'waitForRollouts answered', count: 1 }, w: { name: 'waitForRollouts answered', count: 0 } },
      );
      watch(rig.client.waitForRollouts([a, b], { onUnknown: 'wait' }));
      yield 5_000;
      rig.finish([a]);
      yield 1_500;
    });
  });

  it('every intervalMs, if told so', () => {
    waiting({}, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 19ms w 49ms W 19ms w 49ms W 19ms w 49ms W 19ms w 49ms W 19ms X');
      watch(rig.client.waitForRollouts(enqueued(rig, 1), { intervalMs: 50, onUnknown: 'wait' }));
      yield 300;
    });
  });

  it('less often where an answer takes long, so that the store has rest', () => {
    waiting({ latencyMs: 150 }, function* (rig, { expectWire, watch }) {
      expectWire(rig.wire).toBe('W 299ms w 2999ms W 299ms w 2999ms W 299ms w');
      watch(rig.client.waitForRollouts(enqueued(rig, 1), { onUnknown: 'wait' }));
      yield 8_000;
    });
  });

  it('a thousand ids at a time, one request after the other', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 2_500);
      rig.finish(ids.slice(1));
      const seen = watch(rig.client.waitForRollouts(ids, { onUnknown: 'wait' }));
      yield 65;
      expect(rig.wire.waits.map(({ atMs, ids }) => [atMs, ids.length])).toEqual([
        [0, 1_000],
        [20, 1_000],
        [40, 500],
      ]);
      expect(idsOf(seen)).toEqual(ids.slice(1));
      yield 1_000;
      expect(rig.wire.waits[3]!.ids).toEqual(ids.slice(0, 1));
    });
  });

  it('fewer ids at a time where the answer would be larger than allowed', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 8);
      rig.finish(ids);
      const wire = limited(rig.requester(), 3);
      const client = new LightningStoreClient('http://memory', { requester: wire });
      const seen = watch(client.waitForRollouts(ids));
      yield 500;
      expect(idsOf(seen)).toEqual(ids);
      expect(seen.ended).toBe('complete');
      expect(rig.wire.waits.map(({ ids }) => ids.length)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    });
  });

  it('an error where the answer about a single one is larger than allowed', () => {
    waiting({}, function* (rig, { watch }) {
      const ids = enqueued(rig, 2);
      rig.finish(ids);
      const client = new LightningStoreClient('http://memory', { requester: limited(rig.requester(), 0) });
      const seen = watch(client.waitForRollouts(ids));
      yield 500;
      expect(seen.error).toMatchObject({ cause: { code: 'HTTP_ANSWER_TOO_LARGE' } });
      expect(rig.wire.waits.map(({ ids }) => ids.length)).toEqual([2, 1]);
    });
  });

  it('moves less than a tenth of the bytes of asking for all of 1 000 ids every 0.5 s', () => {
    const bytesOf = (ask: (rig: LightningRig, ids: string[]) => Observable<unknown>): number => {
      let bytes = 0;
      waiting({}, function* (rig) {
        const ids = enqueued(rig, 1_000);
        const { counters } = rig.server;
        const told = (): number => counters.bytesIn + counters.bytesOut;
        bytes -= told();
        const asking = ask(rig, ids).subscribe();
        for (let second = 0; second < 50; second++) {
          const before = told();
          rig.finish(ids.slice(second * 20, second * 20 + 20));
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
