import { clock } from '../../../src/foundation/clock.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, nack, never, voter, type Deed, type Voter } from '../support/voter.js';

const WHEN_MS = [0, 2, 4, 6, 8];

describe('joining a hot stream', () => {
  it('shares the session, and sees what comes after', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abcd', { atMs: { b: 3, c: 5, d: 7 } });
      const voters = WHEN_MS.map((atMs): { voter?: Voter } => {
        const late: { voter?: Voter } = {};
        clock.after(atMs, () => (late.voter = voter(queue.stream, { b1: after(1, ack) })));
        return late;
      });
      flush();
      expect(voters.map((late) => late.voter?.seen)).toEqual([
        ['a1 1', 'b1 3', 'c1 5', 'd1 7'],
        ['b1 3', 'c1 5', 'd1 7'],
        ['c1 5', 'd1 7'],
        ['d1 7'],
        [],
      ]);
      expect(queue.sessions).toHaveLength(1);
      // None of those who came late was waited for.
      expect(queue.told).toEqual(['acked a1 1', 'acked b1 4', 'acked c1 5', 'acked d1 7']);
    });
  });

  it('inside a neighbour’s next, it is no voter on what is being handed out', () => {
    for (const at of [0, 1]) {
      run(({ flush }) => {
        const queue = new HotQueue('ab');
        let late: Voter | undefined;
        const joins: Deed = () => (late = voter(queue.stream, { a1: never }));
        voter(queue.stream, at === 0 ? { a1: both(joins, ack) } : {});
        voter(queue.stream, at === 1 ? { a1: both(joins, ack) } : {});
        flush();
        expect(late?.seen).toEqual(['b1 1']);
        expect(queue.told).toEqual(['acked a1 1', 'acked b1 1']);
      });
    }
  });

  it('inside the next of the only one, it does not make a ballot of it', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      let late: Voter | undefined;
      voter(queue.stream, { a1: both(() => (late = voter(queue.stream)), after(2, nack(2))) });
      flush();
      // Its second attempt is for both.
      expect(late?.seen).toEqual(['b1 1', 'a2 5']);
      expect(queue.told).toEqual(['acked b1 1', 'nacked+2 a1 3', 'acked a2 5']);
    });
  });

  it('while everything is held up by others, it sees nothing until there is room', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { window: { deliveries: 1 } });
      voter(queue.stream, { a1: after(8, ack) });
      let late: Voter | undefined;
      clock.after(3, () => (late = voter(queue.stream)));
      flush();
      expect(late?.seen).toEqual(['b1 10']);
    });
  });

  it('after the last one has left it opens a new session; the counts go on', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { atMs: { b: 3 } });
      const voters = [voter(queue.stream), voter(queue.stream)];
      clock.after(4, () => voters[0]?.subscription.unsubscribe());
      clock.after(5, () => voters[1]?.subscription.unsubscribe());
      clock.after(6, () => queue.send('c'));
      clock.after(8, () => voter(queue.stream));
      flush();
      expect(queue.sessions).toHaveLength(2);
      expect(queue.told).toEqual(['acked a1 1', 'acked b1 3', 'close 5', 'acked c1 9']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 3, acked: 3 });
    });
  });

  it('inside the leaving of the last one, it has a session of its own', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { backMs: 1 });
      let again: Voter | undefined;
      const first = voter(queue.stream, { a1: never });
      clock.after(3, () => {
        first.subscription.add(() => (again = voter(queue.stream)));
        first.subscription.unsubscribe();
      });
      flush();
      expect(again?.seen).toEqual(['a2 5']);
      expect(queue.sessions).toHaveLength(2);
    });
  });

  it('the end reaches all, and the stream is free before any of them is told', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { ends: true });
      const calls: string[] = [];
      for (const name of ['first', 'second']) {
        queue.stream.subscribe({
          next: (delivery) => clock.after(name === 'first' ? 2 : 5, () => delivery.ack()),
          complete: () => {
            calls.push(`${name} ${clock.now()}`);
            if (name === 'first') {
              queue.send('c');
              voter(queue.stream);
            }
          },
        });
      }
      flush();
      expect(calls).toEqual(['first 6', 'second 6']);
      expect(queue.sessions).toHaveLength(2);
      expect(queue.told).toEqual(['acked a1 6', 'acked b1 6', 'close 6', 'acked c1 7', 'close 7']);
    });
  });

  it('a failure reaches all; those who come back at once share the next session', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { atMs: { b: 9 } });
      const calls: string[] = [];
      const subscribe = (name: string): void => {
        queue.stream.subscribe({
          next: (delivery) => void (calls.push(`${name} ${delivery.value}`), delivery.ack()),
          error: () => {
            calls.push(`${name} #`);
            subscribe(name);
          },
        });
      };
      subscribe('first');
      subscribe('second');
      clock.after(5, () => queue.core.fail(new Error('the server hung up')));
      flush();
      expect(calls).toEqual(['first a', 'second a', 'first #', 'second #', 'first b', 'second b']);
      expect(queue.sessions).toHaveLength(2);
      expect(queue.told).toEqual(['acked a1 1', 'close 5', 'acked b1 9']);
    });
  });

  it('a stream that is not hot has one subscriber', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { cold: true });
      const first = voter(queue.stream);
      const second = voter(queue.stream);
      flush();
      expect(first.seen).toEqual(['a1 1']);
      expect(second.seen).toEqual([
        '# 0 flo:queue has a subscriber already: call the method again for a second reader',
      ]);
    });
  });

  it('a session that can’t be opened is nobody’s: the next one tries again', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const window = queue.stream as unknown as { plan: { open: () => never } };
      const { open } = window.plan;
      window.plan.open = () => {
        throw new Error('no server');
      };
      const first = voter(queue.stream);
      window.plan.open = open;
      const second = voter(queue.stream);
      flush();
      expect([first.seen, second.seen]).toEqual([['# 0 no server'], ['a1 1']]);
    });
  });
});
