import { delay, of } from 'rxjs';
import { text } from '../../../../src/codecs/payload/text.js';
import { autoAck } from '../../../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import { fault } from '../../../../src/testing/faults/fault.js';
import type { MarbleKit } from '../../../../src/testing/kit/kit.js';
import type { Script } from '../../../../src/testing/run/script.js';
import type { MarbleEvent } from '../../../../src/testing/marbles/recording.js';
import { playing, within } from './misfortunes.js';

const JUMPS = {
  'an hour ahead': 3_600_000,
  'an hour behind': -3_600_000,
  'five seconds ahead': 5_000,
  'a second behind': -1_000,
};

/** Everything that a conversation says, with its times. */
const said = ({ events }: { readonly events: readonly MarbleEvent[] }): unknown[] =>
  events.map(({ atMs, words }) => `${atMs} ${String(words)}`);

type Story = (kit: MarbleKit, jump: () => void) => Generator<number, unknown[]>;

/** What a story says when the clock is let alone, and when it jumps in the middle. */
function told(story: Story, jumpMs: number): { even: unknown[]; jumping: unknown[] } {
  const tell = (ms: number): unknown[] => {
    let heard: unknown[] = [];
    playing(function* (kit): Script {
      const { apply } = kit.flo();
      heard = yield* story(kit, () => ms !== 0 && apply(fault.clockJump(ms)));
    }, 1);
    return heard;
  };
  return { even: tell(0), jumping: tell(jumpMs) };
}

describe.each(Object.entries(JUMPS))('a clock that is set %s changes nothing but timestamps', (_, jumpMs) => {
  const expectNothingChanged = (story: Story): void => {
    const { even, jumping } = told(story, jumpMs);
    expect(even.length).toBeGreaterThan(4);
    expect(jumping).toEqual(even);
  };

  it('consume, with its polls, commits and timeouts', () => {
    expectNothingChanged(function* ({ lance, watch }, jump) {
      const { server, client, append, wire } = lance({ client: { requestTimeoutMs: 300 } });
      append('log', 'a', 'b', 'c');
      const seen = watch(client.consume('log', { name: 'reader', commitToServer: true }).pipe(autoAck()));
      yield 100;
      server.faults.swallowNextReplies(1);
      yield 50;
      jump();
      append('log', 'd');
      yield 6_000;
      yield 5_000;
      seen.unsubscribe();
      yield 100;
      return said(wire);
    });
  });

  it('a producer, with its timeouts', () => {
    expectNothingChanged(function* ({ lance, watch }, jump) {
      const { server, producer: newProducer, wire } = lance();
      server.createTopic('log');
      const producer = newProducer({ requestTimeoutMs: 300, deliveryTimeoutMs: 2_000 });
      watch(producer.send('log', 'a'));
      yield 150;
      server.faults.swallowNextAcks(1);
      const sent = watch(producer.send('log', 'b'));
      yield 50;
      jump();
      yield 2_000;
      const late = watch(producer.send('missing', 'c'));
      server.stop().subscribe();
      yield 4_000;
      const closed = watch(producer.close());
      yield* within(5_000, () => closed.ended !== undefined);
      return [...said(wire), sent.endedAtMs, late.endedAtMs, late.error];
    });
  });

  it('leases, renewed in time and lost in time', () => {
    expectNothingChanged(function* ({ flo, watch }, jump) {
      const { server, client, enqueue, wire } = flo({ client: { timeoutMs: 300 } });
      enqueue('q', 'a', 'b', 'c');
      const stream = client.queue.messages('q', {
        codec: text(),
        visibilityTimeoutMs: 1_000,
        maxLeaseMs: 4_000,
        blockMs: 500,
      });
      const seen = watch(
        stream.pipe(work((value) => of(value).pipe(delay(value === 'a' ? 3_000 : 9_000)), { concurrency: 3 })),
      );
      yield 700;
      jump();
      yield 2_000;
      server.faults.swallowNextAnswers(1, 'queue.touch');
      yield 4_000;
      const drained = watch(stream.drain({ deadlineMs: 2_000 }));
      yield* within(9_000, () => drained.ended !== undefined);
      seen.unsubscribe();
      yield 2_000;
      return [...said(wire), drained.endedAtMs, JSON.stringify(drained.values)];
    });
  });

  it('kv, with a wait and a connection that rests', () => {
    expectNothingChanged(function* ({ flo, watch }, jump) {
      const { client, wire } = flo({ client: { timeoutMs: 300 } });
      watch(client.kv.put('a', '1'));
      const waits = watch(client.kv.get('b', { waitMs: 3_000 }));
      yield 500;
      jump();
      yield 6_000;
      return [...said(wire), waits.endedAtMs];
    });
  });

  it('waitForRollouts, with its pace and its end', () => {
    expectNothingChanged(function* ({ lightning, watch }, jump) {
      const { client, enqueue, finish, wire, stop, start } = lightning({ client: { requestTimeoutMs: 300 } });
      const [one = '', two = ''] = enqueue('a', 'b').map(({ rolloutId }) => rolloutId);
      const seen = watch(client.waitForRollouts([one, two], { timeoutMs: 9_000 }));
      yield 700;
      jump();
      finish([one]);
      yield 1_000;
      stop();
      yield 2_000;
      start();
      yield 9_000;
      watch(client.close());
      return [...said(wire), seen.endedAtMs, seen.ended];
    });
  });
});
