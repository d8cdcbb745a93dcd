import { LanceTimeoutError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { errorResponse } from '../../src/codecs/lance/replies.js';
import { lanceAnswer, lancePeer, marbles } from '../../src/testing.js';
import { connected, dataIn } from './producing.js';

describe('errors carry no id, and find their batch all the same', () => {
  /** What became of `count` batches that are in flight together, when the server says this; an error is `!text`. */
  function fates(count: number, answers: readonly (number | string)[]): (string | undefined)[] {
    let told: (string | undefined)[] = [];
    marbles(function* ({ watch }) {
      const peer = lancePeer((heard) => {
        if (heard.name === 'ListTopics') heard.end.write(lanceAnswer.topics('log'));
        else if (heard.header.batchIdLow === count) {
          for (const answer of answers) {
            heard.end.write(typeof answer === 'number' ? ackFrame(answer) : errorResponse(answer.slice(1)));
          }
        }
      });
      const producer = peer.producer({ maxPendingAcks: count, deliveryTimeoutMs: 1000 });
      const sends = Array.from({ length: count }, (_, i) => watch(producer.sendBatch('log', [String(i)])));
      yield 200;
      told = sends.map(({ ended, error }) => (ended === 'complete' ? 'acked' : (error as Error | undefined)?.message));
      producer.close().subscribe();
    });
    return told;
  }
  const UNKNOWN = 'the server passed over this batch: its outcome is unknown';

  it.each([
    ['the only one', 1, ['!x'], ['x']],
    ['the first of three; the error comes first', 3, ['!x', 2, 3], ['x', 'acked', 'acked']],
    ['the second', 3, ['!x', 1, 3], ['acked', 'x', 'acked']],
    ['the last', 3, ['!x', 1, 2], ['acked', 'acked', 'x']],
    ['two, with different words, in order', 4, ['!x', '!y', 2, 4], ['x', 'acked', 'y', 'acked']],
    ['two in a row', 4, ['!x', '!y', 1, 4], ['acked', 'x', 'y', 'acked']],
    ['the last two', 4, ['!x', '!y', 1, 2], ['acked', 'acked', 'x', 'y']],
    ['all', 3, ['!x', '!y', '!z'], ['x', 'y', 'z']],
    ['all but the first, which is acknowledged late', 3, ['!x', '!y', 1], ['acked', 'x', 'y']],
    ['strictly in order, as a follower answers', 3, [1, '!x', 3], ['acked', 'x', 'acked']],
    ['one that the server forgot', 3, [1, 3], ['acked', UNKNOWN, 'acked']],
    ['one refused, one forgotten', 3, ['!x', 3], ['x', UNKNOWN, 'acked']],
    ['nothing, by acks for what was never sent', 2, [7, 1, 7, 2], ['acked', 'acked']],
    ['nothing, by an ack that comes twice', 2, [1, 1, 2], ['acked', 'acked']],
    ['nothing yet', 2, ['!x'], [undefined, undefined]],
  ])('refused: %s', (_, count, answers, expected) => {
    expect(fates(count, answers)).toEqual(expected);
  });

  it('an error is certain as soon as what was in flight with it is acknowledged, whatever is sent then', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer((heard) => {
        if (heard.name === 'ListTopics') heard.end.write(lanceAnswer.topics('log'));
        else if (heard.header.batchIdLow === 2) {
          heard.end.write(errorResponse('x'));
          heard.end.write(ackFrame(1));
        }
      });
      expectWire(peer.wire.only('I', 'e', 'a')).toBe('60ms (II) 16ms (eaI)');
      const producer = peer.producer({ maxPendingAcks: 2, deliveryTimeoutMs: 1000 });
      const sends = [0, 1, 2].map((i) => watch(producer.sendBatch('log', [String(i)])));
      yield 200;
      // The third one left when the first one was acknowledged, and nothing is known of it.
      expect(sends.map(({ ended }) => ended)).toEqual(['complete', 'error', undefined]);
      expect(peer.heard.filter(({ name }) => name === 'Ingest')).toHaveLength(3);
      producer.close().subscribe();
    });
  });

  it('the server itself: unknown topics between good ones', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks: 6 });
      const sends = [1, 99, 1, 98, 97, 1].map((topic, i) => watch(producer.sendBatch(topic, [String(i)])));
      yield 200;
      expect(sends.map(({ ended }) => ended === 'complete')).toEqual([true, false, true, false, false, true]);
      for (const { error } of sends) expect(error === undefined || error instanceof TopicNotFoundError).toBe(true);
      expect(dataIn(rig)).toBe('!025');
    });
  });

  it.each(['FORWARD_FAILED: Quorum not reached - required 2 ACKs, got 1', 'NOT_LEADER: leader unknown'])(
    '"%s" is about everything in flight: sent again over another connection',
    (text) => {
      marbles(function* ({ expectWire, watch }) {
        const { rig, producer } = yield* connected({ maxPendingAcks: 3 });
        expectWire(rig.wire.only('C', 'X', 'I', 'e', 'a')).toBe(
          '85ms (III) 15ms (eX) 96ms C 39ms (III) 20ms a----(aa) 946ms X',
        );
        rig.server.faults.failNextIngests(1, text);
        const sends = [0, 1, 2].map((i) => watch(producer.sendBatch('log', [String(i)])));
        yield 1000;
        expect(sends.map(({ ended }) => ended)).toEqual(['complete', 'complete', 'complete']);
        // The two behind it had arrived already: at least once.
        expect(dataIn(rig)).toMatch(/^!(12)?012$/);
      });
    },
  );

  it('a server that always fails to forward is tried after growing pauses, until the delivery timeout', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 5000 });
      expectWire(rig.wire.only('I', 'e')).toBe(
        '85ms I 19ms e 139ms I 19ms e 239ms I 19ms e 439ms I 19ms e 839ms I 19ms e 1659ms I 19ms e',
      );
      rig.server.faults.failNextIngests(100, 'FORWARD_FAILED: Leader address unknown');
      const send = watch(producer.send('log', 'x'));
      yield 60_000;
      expect(send.error).toBeInstanceOf(LanceTimeoutError);
      expect((send.error as Error).message).toContain('Leader address unknown');
    });
  });
});
