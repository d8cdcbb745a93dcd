import { clock } from '../../src/foundation/clock.js';
import { HotQueue, type HotQueueScript } from './support/hot-queue.js';
import { run } from './support/marbles.js';
import { ack, after, dead, nack, never, voter } from './support/voter.js';

/** What the server is told of a queue with one subscriber. */
function told(messages: string, script: HotQueueScript, live: (queue: HotQueue) => void): string[] {
  let queue: HotQueue | undefined;
  run(({ flush }) => {
    queue = new HotQueue(messages, script);
    live(queue);
    flush();
    expect(queue.taken).toEqual([0, 0]);
  });
  return queue?.told ?? [];
}

describe('a source is told what to give back', () => {
  it.each([false, true])(
    'when the only subscriber leaves: all that is unsettled, before it is closed (cold: %s)',
    (cold) => {
      const lines = told('abc', { cold }, (queue) => {
        const { subscription } = voter(queue.stream, { a1: never, b1: ack, c1: nack(50) });
        clock.after(5, () => subscription.unsubscribe());
      });
      expect(lines).toEqual(['acked b1 1', 'nacked+50 c1 1', 'back a1 5', 'back c1 5', 'close 5']);
    },
  );

  it('when the session fails', () => {
    const lines = told('ab', {}, (queue) => {
      voter(queue.stream, { a1: never });
      clock.after(5, () => queue.core.fail(new Error('the server hung up')));
    });
    expect(lines).toEqual(['acked b1 1', 'back a1 5', 'close 5']);
  });

  it('what has arrived and was not handed out', () => {
    const lines = told('ab', { atMs: { b: 6 } }, (queue) => {
      const { subscription } = voter(queue.stream);
      clock.after(5, () => queue.core.pause('test'));
      clock.after(8, () => subscription.unsubscribe());
    });
    expect(lines).toEqual(['acked a1 1', 'back b1 8', 'close 8']);
  });

  it('what is due to come again and is kept back by a pause, once', () => {
    const lines = told('a', {}, (queue) => {
      const { subscription } = voter(queue.stream, { a1: nack(2) });
      clock.after(2, () => queue.core.pause('test'));
      clock.after(8, () => subscription.unsubscribe());
    });
    expect(lines).toEqual(['nacked+2 a1 1', 'back a1 8', 'close 8']);
  });

  it('when a drain begins: what waits to come again; then every nack', () => {
    const lines = told('ab', {}, (queue) => {
      voter(queue.stream, { a1: nack(50), b1: after(7, nack(50)) });
      clock.after(5, () => queue.stream.drain().subscribe());
    });
    expect(lines).toEqual(['nacked+50 a1 1', 'back a1 5', 'drain 5', 'nacked+50 b1 8', 'back b1 8', 'close 8']);
  });

  it('at the deadline of a drain', () => {
    const lines = told('ab', {}, (queue) => {
      voter(queue.stream, { a1: never });
      clock.after(5, () => queue.stream.drain({ deadlineMs: 4 }).subscribe());
    });
    expect(lines).toEqual(['acked b1 1', 'drain 5', 'back a1 9', 'close 9']);
  });

  it('but not what is decided and not confirmed: its request is under way', () => {
    const lines = told('ab', { confirmMs: 50 }, (queue) => {
      const { subscription } = voter(queue.stream, { b1: dead });
      clock.after(5, () => subscription.unsubscribe());
    });
    expect(lines).toEqual(['acked a1 1', 'dead b1 1', 'close 5']);
  });

  it('nor what is lost', () => {
    const lines = told('ab', {}, (queue) => {
      const { subscription } = voter(queue.stream, { a1: never, b1: nack(50) });
      clock.after(3, () => queue.lose('a'));
      clock.after(4, () => queue.lose('b'));
      clock.after(5, () => subscription.unsubscribe());
    });
    expect(lines).toEqual(['nacked+50 b1 1', 'close 5']);
  });

  it('may fail the session while it is told: the subscribers who stay hear of it', () => {
    const seen: string[][] = [];
    const lines = told('a', {}, (queue) => {
      const first = voter(queue.stream, { a1: never });
      const second = voter(queue.stream, { a1: ack });
      clock.after(2, () => {
        const { session } = queue;
        const { abandoned } = session;
        session.abandoned = (node) => {
          abandoned.call(session, node);
          session.core.fail(new Error('no way back'));
          seen.push([...second.seen]);
        };
      });
      clock.after(4, () => first.subscription.unsubscribe());
      clock.after(6, () => seen.push(second.seen));
    });
    expect(lines).toEqual(['back a1 4', 'close 4']);
    expect(seen).toEqual([['a1 1'], ['a1 1', '# 4 no way back']]);
  });
});
