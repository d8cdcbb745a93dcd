import { InternalServerError, UnexpectedEofError } from '../../src/codecs/flo/errors.js';
import { Settlements, type Settlement, type Told, type Word } from '../../src/observables/flo/settlements.js';
import { marbles } from '../../src/testing.js';

/** Settlements whose requests a test answers, and what was asked for. */
function scene(state = { isPausing: false, keepsBack: false }) {
  const asked: [word: Word, seqs: number[]][] = [];
  const told: Told[] = [];
  let troubles = 0;
  const settlements = new Settlements({
    get isPausing() {
      return state.isPausing;
    },
    get keepsBack() {
      return state.keepsBack;
    },
    tell: (word, seqs, then) => {
      asked.push([word, seqs.map(Number)]);
      told.push(then);
    },
    trouble: () => void troubles++,
  });
  const done: number[] = [];
  const say = (word: Word, seq: number, isOurs = true): void => {
    const settlement: Settlement = {
      seq: BigInt(seq),
      word,
      isOurs: () => isOurs,
      done: () => void done.push(seq),
      gone: () => void done.push(-seq),
    };
    settlements.add(settlement);
  };
  return { settlements, state, asked, told, done, say, troubles: () => troubles };
}

const broken = new UnexpectedEofError('broken');

describe('settlements', () => {
  it('wait for the end of a pause, and for the last poll where they give back', () => {
    marbles(function* () {
      const { settlements, state, asked, say } = scene({ isPausing: true, keepsBack: true });
      say('ack', 1);
      say('back', 2);
      yield 10;
      expect(asked).toEqual([]);
      state.isPausing = false;
      settlements.resume();
      yield 10;
      expect(asked).toEqual([['ack', [1]]]);
      state.keepsBack = false;
      settlements.resume();
      yield 10;
      expect(asked).toEqual([
        ['ack', [1]],
        ['back', [2]],
      ]);
    });
  });

  it('of each kind in one request, without what is not ours any more', () => {
    marbles(function* () {
      const { asked, say } = scene();
      for (const [word, seq] of [
        ['ack', 1],
        ['nack', 2],
        ['ack', 3],
        ['dead', 4],
      ] as const) {
        say(word, seq);
      }
      say('ack', 5, false);
      yield 10;
      expect(asked).toEqual([
        ['ack', [1, 3]],
        ['nack', [2]],
        ['dead', [4]],
      ]);
    });
  });

  it('what never left is sent again, whatever it is; what may have come through only where that does no harm', () => {
    marbles(function* () {
      const { asked, told, done, say } = scene();
      for (const [at, word] of (['ack', 'nack', 'dead', 'back'] as const).entries()) say(word, at);
      yield 10;
      for (const each of told.splice(0)) each.failed(broken, 'unsent');
      yield 10;
      expect(asked.splice(0, 4)).toEqual(asked.splice(0, 4));
      for (const each of told.splice(0)) each.failed(broken, 'unknown');
      yield 10;
      expect(asked).toEqual([
        ['ack', [0]],
        ['dead', [2]],
      ]);
      expect(done).toEqual([1, 3]);
    });
  });

  it('the last ones are sent once, those under way once more; then it is over', () => {
    marbles(function* () {
      const { settlements, asked, told, say } = scene();
      let closed = 0;
      say('ack', 1);
      yield 10;
      say('dead', 2);
      settlements.close(false, () => void closed++);
      expect(asked.splice(0)).toEqual([
        ['ack', [1]],
        ['dead', [2]],
      ]);
      for (const each of told.splice(0)) each.failed(broken, 'unknown');
      yield 10;
      expect(asked.splice(0)).toEqual([['ack', [1]]]);
      expect(closed).toBe(0);
      for (const each of told.splice(0)) each.failed(broken, 'unknown');
      expect(closed).toBe(1);
      // A late answer of a poll may bring something to give back, which is tried once.
      say('back', 3);
      yield 10;
      for (const each of told.splice(0)) each.failed(broken, 'unsent');
      yield 10;
      expect([asked, closed]).toEqual([[['back', [3]]], 1]);
    });
  });

  it('where there is no server to be reached any more, nothing is tried', () => {
    marbles(function* () {
      const { settlements, asked, say } = scene();
      let isClosed = false;
      say('ack', 1);
      settlements.close(true, () => (isClosed = true));
      yield 10;
      expect([asked, isClosed]).toEqual([[], true]);
    });
  });

  it('a server that does not take anything back makes no trouble', () => {
    marbles(function* () {
      const { told, say, done, troubles } = scene();
      say('back', 1);
      yield 10;
      told[0]?.failed(new InternalServerError('not implemented'), 'refused');
      expect([done, troubles()]).toEqual([[1], 0]);
    });
  });
});
