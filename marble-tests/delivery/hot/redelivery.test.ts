import { clock } from '../../../src/foundation/clock.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, dead, leave, nack, voter, type Deed, type Voter } from '../support/voter.js';

describe('a nacked delivery that comes again', () => {
  /** Who is there at the first attempt, and what happens before the second. */
  const changes: readonly (readonly [name: string, first: readonly string[], leaving: string[], joining: string[]])[] =
    [
      ['one, as before', ['A'], [], []],
      ['two, as before', ['A', 'B'], [], []],
      ['one becomes two', ['A'], [], ['C']],
      ['one becomes another one', ['A'], ['A'], ['C']],
      ['two become one', ['A', 'B'], ['B'], []],
      ['two become three', ['A', 'B'], [], ['C']],
      ['two become two others', ['A', 'B'], ['A', 'B'], ['C', 'D']],
      ['two exchange one', ['A', 'B'], ['A'], ['C']],
    ];
  const seconds: readonly (readonly [name: string, deed: Deed, told: string])[] = [
    ['acked', ack, 'acked a2 12'],
    ['nacked', nack(3), 'nacked+3 a2 12'],
    ['dead', dead, 'dead a2 12'],
    ['left', leave, 'back a2 12'],
  ];

  describe.each(changes)('%s', (_name, first, leaving, joining) => {
    it.each(seconds)('is a new ballot among those who are there: %s', (_fate, deed, told) => {
      run(({ flush }) => {
        const queue = new HotQueue('a');
        const there = new Map<string, Voter>();
        // The last one to come is the one who decides otherwise; all vote at 12.
        const last = [...first.filter((name) => !leaving.includes(name)), ...joining].at(-1);
        const join = (name: string): void => {
          const second = name === last ? after(2, deed) : after(2, ack);
          there.set(name, voter(queue.stream, { a1: after(1, nack(8)), a2: second }));
        };
        first.forEach(join);
        clock.after(4, () => joining.forEach(join));
        clock.after(5, () => leaving.forEach((name) => there.get(name)?.subscription.unsubscribe()));
        flush();
        const seen = [...there].map(([name, one]) => [name, one.seen.filter((line) => !line.startsWith('a3'))]);
        expect(Object.fromEntries(seen)).toEqual({
          ...Object.fromEntries(first.map((name) => [name, leaving.includes(name) ? ['a1 1'] : ['a1 1', 'a2 10']])),
          ...Object.fromEntries(joining.map((name) => [name, ['a2 10']])),
        });
        expect(queue.told.slice(0, 2)).toEqual(['nacked+8 a1 2', told]);
        expect(queue.sessions).toHaveLength(1);
        const { delivered, acked, nacked, dead: buried, abandoned } = queue.stream.fate();
        expect(delivered).toBe(acked + nacked + buried + abandoned);
        expect(queue.taken).toEqual([0, 0]);
      });
    });
  });

  it('keeps its place in the window while it stays away', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { window: { deliveries: 1 } });
      const voters = [voter(queue.stream, { a1: nack(6) }), voter(queue.stream)];
      flush();
      expect(voters.map(({ seen }) => seen)).toEqual([
        ['a1 1', 'a2 7', 'b1 8'],
        ['a1 1', 'a2 7', 'b1 8'],
      ]);
    });
  });

  it('handles of the attempt before decide nothing about this one', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const results: string[] = [];
      const one = voter(queue.stream, { a1: nack(4), a2: after(4, ack) });
      const other = voter(queue.stream, { a1: ack, a2: after(6, ack) });
      clock.after(7, () => {
        results.push(one.deliveries[0]!.dead(), other.deliveries[0]!.dead());
        expect(one.deliveries[0]!.signal.aborted).toBe(false);
      });
      flush();
      expect(results).toEqual(['again', 'again']);
      expect(queue.told).toEqual(['nacked+4 a1 1', 'acked a2 11']);
    });
  });

  it('signals of the attempt before have nothing to do with this one, whenever they are read', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const voters = [voter(queue.stream, { a1: nack(4), a2: () => undefined }), voter(queue.stream, { a1: ack })];
      // Read while it stays away, and when it is here again.
      for (const [atMs, at] of [
        [3, 0],
        [7, 1],
      ] as const)
        clock.after(atMs, () => voters[at]?.deliveries[0]?.signal);
      clock.after(8, () => queue.lose('a'));
      clock.after(9, () => {
        const aborted = voters.map(({ deliveries }) => deliveries.map(({ signal }) => signal.aborted));
        expect(aborted).toEqual([
          [false, true],
          [false, true],
        ]);
      });
      flush();
      expect(queue.stream.fate()).toMatchObject({ nacked: 1, abandoned: 1 });
    });
  });

  it('outcome$ of the attempt before was nacked, whenever it is asked', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const outcomes: string[] = [];
      const one = voter(queue.stream, { a1: ack });
      voter(queue.stream, { a1: nack(4) });
      for (const atMs of [3, 9]) {
        clock.after(atMs, () => one.deliveries[0]?.outcome$.subscribe(({ fate }) => outcomes.push(`${fate} ${atMs}`)));
      }
      flush();
      expect(outcomes).toEqual(['nacked 3', 'nacked 9']);
    });
  });

  it('that all left before it came again is given back', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { backMs: 1 });
      const voters = [voter(queue.stream, { a1: nack(9) }), voter(queue.stream, { a1: both(ack, after(2, leave)) })];
      clock.after(5, () => voters[0]?.subscription.unsubscribe());
      clock.after(7, () => voter(queue.stream));
      flush();
      expect(queue.told).toEqual(['nacked+9 a1 1', 'back a1 5', 'close 5', 'acked a2 8']);
    });
  });
});
