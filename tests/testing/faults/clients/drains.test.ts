import { delay, of } from 'rxjs';
import { text } from '../../../../src/codecs/payload/text.js';
import type { DeliveryStream } from '../../../../src/observables/delivery/delivery-stream.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import type { MarbleKit } from '../../../../src/testing/kit/kit.js';
import type { Script } from '../../../../src/testing/run/script.js';
import type { Fault } from '../../../../src/testing/faults/fault.js';
import { misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Drains a stream shortly after a misfortune; the report must come, and account for every delivery. */
function* expectDrained<T>(
  { watch, at }: MarbleKit,
  stream: DeliveryStream<T, void>,
  { apply, wire, close }: { apply(fault: Fault): void; wire: { readonly open: number }; close: () => void },
  faults: readonly Fault[],
  atMs: number,
): Script {
  at(`${atMs}ms f`, { f: () => faults.forEach(apply) });
  const seen = watch(stream.pipe(work((value) => of(value).pipe(delay(40)), { concurrency: 2 })));
  yield atMs + 25;
  const drained = watch(stream.drain({ deadlineMs: 3_000 }));
  yield* within(20_000, () => drained.ended !== undefined && seen.ended !== undefined);
  expect({ atMs, drained: drained.ended, stream: seen.ended }).toEqual({
    atMs,
    drained: 'complete',
    stream: 'complete',
  });
  const { acked, nacked, dead, abandoned, delivered } = drained.at(0);
  expect({ atMs, fates: acked + nacked + dead + abandoned }).toEqual({ atMs, fates: delivered });
  close();
  yield 10_000;
  expect({ atMs, open: wire.open }).toEqual({ atMs, open: 0 });
}

describe('a drain ends, reports every fate, and leaves no connection, whatever goes wrong', () => {
  it.each(misfortunesBut('an overtaken answer', 'a request twice', 'an answer twice'))('consume: %s', (_, faults) => {
    for (const atMs of moments(31, 130)) {
      playing(function* (kit) {
        const rig = kit.lance({ client: { requestTimeoutMs: 400 } });
        rig.append('log', ...Array.from({ length: 30 }, (__, index) => `r${index}`));
        const stream = rig.client.consume('log', { name: 'reader', maxFetchBytes: 60 });
        const close = (): unknown => kit.watch(rig.client.close());
        yield* expectDrained(kit, stream, { apply: rig.apply, wire: rig.wire, close }, faults, atMs);
      }, atMs);
    }
  });

  it.each(misfortunesBut('a damaged answer'))('queue.messages: %s', (_, faults) => {
    for (const atMs of moments(31, 130)) {
      playing(function* (kit) {
        const rig = kit.flo({ client: { timeoutMs: 400 } });
        rig.enqueue('q', ...Array.from({ length: 12 }, (__, index) => `m${index}`));
        const stream = rig.client.queue.messages('q', { codec: text(), window: { deliveries: 4 }, blockMs: 300 });
        const close = (): unknown => kit.watch(rig.client.close());
        yield* expectDrained(kit, stream, { apply: rig.apply, wire: rig.wire, close }, faults, atMs);
      }, atMs);
    }
  });
});
