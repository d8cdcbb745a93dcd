import { clock } from '../../../src/foundation/clock.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, dead, leave, nack, voter, type Deed } from '../support/voter.js';

/** One way to come to a decision about the first delivery. */
interface Way {
  readonly name: string;
  readonly vote: 'dead' | 'nacked' | 'abandoned' | 'acked';
  readonly delayMs?: number;
  readonly leaves: boolean;
  readonly deed: Deed;
}

const WAYS: readonly Way[] = [
  { name: 'acks', vote: 'acked', leaves: false, deed: ack },
  { name: 'nacks', vote: 'nacked', delayMs: 3, leaves: false, deed: nack(3) },
  { name: 'nacks for longer', vote: 'nacked', delayMs: 7, leaves: false, deed: nack(7) },
  { name: 'says dead', vote: 'dead', leaves: false, deed: dead },
  { name: 'leaves', vote: 'abandoned', leaves: true, deed: leave },
  { name: 'acks and leaves', vote: 'acked', leaves: true, deed: both(ack, leave) },
  { name: 'nacks and leaves', vote: 'nacked', delayMs: 5, leaves: true, deed: both(nack(5), leave) },
  { name: 'says dead and leaves', vote: 'dead', leaves: true, deed: both(dead, leave) },
];
const WHEN_MS = [0, 2, 4];
const ORDER = ['acked', 'abandoned', 'nacked', 'dead'] as const;

interface Turn {
  readonly way: Way;
  /** How long after the delivery; 0 is inside `next`. */
  readonly whenMs: number;
}

/** What must become of it, said without any ballot: the worst vote, when the last one is in. */
function foretold(turns: readonly Turn[]): { fate: Way['vote']; delayMs: number; atMs: number; staying: number } {
  const fate = ORDER[Math.max(...turns.map(({ way }) => ORDER.indexOf(way.vote)))] ?? 'acked';
  return {
    fate,
    delayMs: Math.max(...turns.map(({ way }) => way.delayMs ?? 0)),
    atMs: 1 + Math.max(...turns.map(({ whenMs }) => whenMs)),
    staying: turns.filter(({ way }) => !way.leaves).length,
  };
}

function expectForetold(turns: readonly Turn[]): void {
  run(({ flush }) => {
    const queue = new HotQueue('a');
    const voters = turns.map(({ way, whenMs }) =>
      voter(queue.stream, { a1: whenMs === 0 ? way.deed : after(whenMs, way.deed) }),
    );
    flush();
    const { fate, delayMs, atMs, staying } = foretold(turns);
    const isClosed = staying === 0;
    const comesAgain = fate === 'nacked' && !isClosed;
    const told =
      fate === 'nacked' ? `nacked+${delayMs} a1 ${atMs}` : `${fate === 'abandoned' ? 'back' : fate} a1 ${atMs}`;
    expect(queue.told).toEqual([
      told,
      ...(comesAgain ? [`acked a2 ${atMs + delayMs}`] : []),
      // Nacked by those who all left: there is nobody it could come again to.
      ...(isClosed && fate === 'nacked' ? [`back a1 ${atMs}`] : []),
      ...(isClosed ? [`close ${atMs}`] : []),
    ]);
    const fates = { acked: 0, nacked: 0, dead: 0, abandoned: 0, [fate]: 1 };
    if (comesAgain) fates.acked++;
    expect(queue.stream.fate()).toEqual({ ...fates, delivered: comesAgain ? 2 : 1, late: 0 });
    expect(queue.taken).toEqual([0, 0]);
    for (const [at, { seen }] of voters.entries()) {
      const isThere = comesAgain && turns[at]?.way.leaves === false;
      expect(seen).toEqual(['a1 1', ...(isThere ? [`a2 ${atMs + delayMs}`] : [])]);
    }
  });
}

const TURNS: readonly Turn[] = WAYS.flatMap((way) => WHEN_MS.map((whenMs) => ({ way, whenMs })));
const say = ({ way, whenMs }: Turn): string => `${way.name}${whenMs === 0 ? ' inside next' : ` after ${whenMs} ms`}`;

describe('two voters, every way and moment', () => {
  it.each(TURNS.map((turn) => [say(turn), turn] as const))('one %s, whatever the other does', (_name, first) => {
    for (const second of TURNS) expectForetold([first, second]);
  });
});

describe('three voters, every way in every order', () => {
  const orders = [
    [0, 2, 4],
    [0, 4, 2],
    [2, 0, 4],
    [2, 4, 0],
    [4, 0, 2],
    [4, 2, 0],
    [0, 0, 0],
  ];
  it.each(WAYS.map((way) => [way.name, way] as const))('one %s, whatever the others do', (_name, first) => {
    for (const second of WAYS) {
      for (const third of WAYS) {
        for (const order of orders) {
          expectForetold([first, second, third].map((way, at) => ({ way, whenMs: order[at] ?? 0 })));
        }
      }
    }
  });
});

describe('a vote', () => {
  it('counts once: the second is `again`, and late', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const results: string[] = [];
      voter(queue.stream, {
        a1: (delivery) => void results.push(delivery.ack(), delivery.dead(), delivery.nack(), delivery.ack()),
      });
      voter(queue.stream, { a1: after(2, ack) });
      flush();
      expect(results).toEqual(['settled', 'again', 'again', 'again']);
      expect(queue.told).toEqual(['acked a1 3']);
      expect(queue.stream.fate()).toMatchObject({ acked: 1, dead: 0, nacked: 0, late: 3 });
    });
  });

  it('for the dead letters says why: of several, the first one is sent', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      for (const [whenMs, reason] of [
        [5, 'third'],
        [2, 'first'],
        [3, 'second'],
      ] as const) {
        voter(queue.stream, { a1: after(whenMs, (delivery) => delivery.dead({ reason })) });
      }
      voter(queue.stream);
      flush();
      expect(queue.told).toEqual(['dead(first) a1 6']);
    });
  });

  it('is `again` after the ballot is over, and of an attempt that has come again', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const results: string[] = [];
      const one = voter(queue.stream, { a1: nack(), a2: after(5, ack) });
      voter(queue.stream, { a2: after(5, ack) });
      // At the first the second ballot is open, at the last it is over.
      for (const atMs of [2, 9]) clock.after(atMs, () => results.push(one.deliveries[0]!.ack()));
      flush();
      expect(results).toEqual(['again', 'again']);
      expect(queue.told).toEqual(['nacked+0 a1 1', 'acked a2 6']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, nacked: 1, late: 2 });
    });
  });

  it('of all who leave at once abandons everything, and each is told', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc');
      const lost: string[] = [];
      const watch: Deed = ({ signal, value }) => signal.addEventListener('abort', () => lost.push(value));
      const deeds = { a1: watch, b1: watch, c1: watch };
      const voters = [voter(queue.stream, deeds), voter(queue.stream, deeds)];
      clock.after(4, () => voters.forEach(({ subscription }) => subscription.unsubscribe()));
      flush();
      expect(lost.join('')).toBe('abcabc');
      expect(queue.told).toEqual(['back a1 4', 'back b1 4', 'back c1 4', 'close 4']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 3, abandoned: 3 });
    });
  });
});
