import { delay, of, tap } from 'rxjs';
import { text } from '../../../../src/codecs/payload/text.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import { fault } from '../../../../src/testing/faults/fault.js';
import type { MarbleKit } from '../../../../src/testing/kit/kit.js';
import { misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Between the moments at which it goes wrong, in milliseconds. */
const STEP = 23;
const NAMES = Array.from({ length: 20 }, (_, index) => `m${index}`);

describe('queue.messages: each message is worked on and leaves the queue, whatever goes wrong', () => {
  it.each(misfortunesBut('a damaged answer'))('%s', (_, faults) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ flo, watch, at }) {
        const { server, client, enqueue, apply } = flo({ client: { timeoutMs: 400 }, maxDeliveries: 200 });
        enqueue('q', ...NAMES.slice(0, 12));
        at(`${atMs}ms f 45ms a`, {
          f: () => faults.forEach(apply),
          a: () => enqueue('q', ...NAMES.slice(12)),
        });
        const done: string[] = [];
        const stream = client.queue.messages('q', {
          codec: text(),
          window: { deliveries: 6 },
          visibilityTimeoutMs: 1_500,
          blockMs: 300,
        });
        const seen = watch(
          stream.pipe(
            work(
              (value) =>
                of(value).pipe(
                  delay(11),
                  tap((each) => done.push(each)),
                ),
              { concurrency: 3 },
            ),
          ),
        );
        const isEmpty = (): boolean => server.queue('q').ready + server.queue('q').leased === 0;
        yield* within(30_000, () => NAMES.every((name) => done.includes(name)) && isEmpty());
        expect({ atMs, ended: seen.ended, error: seen.error }).toEqual({ atMs, ended: undefined, error: undefined });
        expect({ atMs, left: NAMES.filter((name) => !done.includes(name)) }).toEqual({ atMs, left: [] });
        expect({ atMs, queue: isEmpty(), dead: server.queue('q').dead }).toEqual({ atMs, queue: true, dead: 0 });
        const drained = watch(stream.drain());
        yield* within(20_000, () => drained.ended !== undefined);
        const { acked, nacked, dead, abandoned, delivered } = drained.at(0);
        expect({ atMs, fates: acked + nacked + dead + abandoned }).toEqual({ atMs, fates: delivered });
        expect(seen.ended).toBe('complete');
      }, atMs);
    }
  });
});

describe('queue.messages, when an answer is damaged', () => {
  const trouble = function* (atMs: number, { flo, watch, at }: MarbleKit): Generator<number, string | undefined> {
    const { server, client, enqueue, apply } = flo({ client: { timeoutMs: 400 } });
    enqueue('q', 'a', 'b');
    at(`${atMs}ms f`, { f: () => apply(fault.corrupt('received')) });
    const seen = watch(client.queue.messages('q', { codec: text() }).pipe(work((value) => value)));
    yield* within(20_000, () => seen.ended !== undefined || server.queue('q').ready + server.queue('q').leased === 0);
    yield 2_000;
    seen.unsubscribe();
    yield 2_000;
    return (seen.error as { code?: string } | undefined)?.code;
  };

  it('the first answer of all: that is no Flo server, and the stream says so', () => {
    playing(function* (kit) {
      expect(yield* trouble(1, kit)).toBe('FLO_PROTOCOL_MISMATCH');
    }, 1);
  });

  it('a later one: the connection is opened anew, and nothing is lost', () => {
    for (const atMs of moments(7, 100).map((each) => each + 45)) {
      playing(function* (kit) {
        expect(yield* trouble(atMs, kit)).toBeUndefined();
      }, atMs);
    }
  });
});
