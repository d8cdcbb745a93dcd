import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { everySplit, type EverySplitOptions } from '../../../src/testing/exhaustive/every-split.js';
import { SplitError } from '../../../src/testing/exhaustive/split-error.js';
import type { Pieces } from './feeding.js';

const joined = (pieces: Pieces): string => Buffer.concat(pieces).toString();
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Texts behind their lengths, read by somebody who has never seen a frame that comes in two pieces. */
function naive(pieces: Pieces): string[] {
  const texts: string[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 1 + piece[at]!) {
      texts.push(Buffer.from(piece.subarray(at + 1, at + 1 + piece[at]!)).toString());
    }
  }
  return texts;
}

function failure(act: () => unknown): SplitError {
  try {
    act();
  } catch (error) {
    if (error instanceof SplitError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('everySplit', () => {
  it('tries the whole, every cut, every pair of cuts, and all cuts', () => {
    const ways: string[] = [];
    const report = everySplit(bytes('abcd'), (pieces) => {
      ways.push(pieces.map((piece) => Buffer.from(piece).toString()).join('|'));
    });
    expect(ways).toEqual(['abcd', 'a|bcd', 'ab|cd', 'abc|d', 'a|b|cd', 'ab|c|d', 'a|bc|d', 'a|b|c|d']);
    expect(report).toEqual({ splits: 7 });
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 2],
    [64, 63 + (63 * 62) / 2 + 1],
    [65, 64 + 2_000 + 1],
    [1_000, 999 + 2_000 + 1],
  ])('cuts %i bytes in %i ways', (length, splits) => {
    expect(everySplit(new Uint8Array(length), joined)).toEqual({ splits });
  });

  it('tries fewer pairs, those with the shortest middle', () => {
    const middles = new Set<number>();
    const decode = (pieces: Pieces): void => {
      if (pieces.length === 3) middles.add(pieces[1]!.length);
    };
    expect(everySplit(new Uint8Array(10), decode, { pairs: 15 })).toEqual({ splits: 9 + 15 + 1 });
    expect([...middles]).toEqual([1, 2]);
  });

  it('draws the first cut that fails, what came, and what the whole gave', () => {
    const { message, cuts } = failure(() => everySplit(bytes('\u0003abc\u0002de'), naive, { name: 'two texts' }));
    expect(cuts).toEqual([1]);
    expect(message).toBe(
      [
        'two texts: 7 bytes in 2 pieces give something else than in one',
        '',
        '       0  03|61 62 63 02 64 65                              .abc.de',
        '',
        '  expected, as in one piece',
        "    [ 'abc', 'de' ]",
        '  came, cut behind byte 1',
        "    [ '', 'bc\\x02de' ]",
        '',
        '  5 of the 6 ways to cut once fail: behind byte 1, 2, 3, 5, 6',
        '',
      ].join('\n'),
    );
  });

  it('draws as few cuts as fail, and of many bytes those around', () => {
    const late = (pieces: Pieces): number => {
      let at = 0;
      let touched = 0;
      for (const piece of pieces) {
        at += piece.length;
        if (at >= 90 && at <= 95) touched++;
      }
      return touched >= 4 ? 1 : 0;
    };
    const { message, cuts } = failure(() => everySplit(bytes('0123456789'.repeat(20)), late));
    expect(cuts).toEqual([91, 92, 93, 94]);
    expect(message).toContain(
      [
        'everySplit: 200 bytes in 5 pieces give something else than in one',
        '',
        '       …',
        '      64  34 35 36 37 38 39 30 31  32 33 34 35 36 37 38 39  4567890123456789',
        '      80  30 31 32 33 34 35 36 37  38 39 30|31|32|33|34 35  0123456789012345',
        '      96  36 37 38 39 30 31 32 33  34 35 36 37 38 39 30 31  6789012345678901',
        '       …',
        '',
        '  expected, as in one piece',
        '    0',
        '  came, cut behind byte 91, 92, 93, 94',
        '    1',
      ].join('\n'),
    );
  });

  it('of long results shows where they begin to differ', () => {
    const numbers = Array.from({ length: 38 }, (_, at) => ({ id: at, text: 'a record that fills a line', ok: true }));
    const { message } = failure(() =>
      everySplit(bytes('ab'), ({ length }) => numbers.map((one) => (one.id === 30 ? { ...one, id: length } : one))),
    );
    expect(message.split('\n')).toHaveLength(33);
    expect(message).toMatch(/expected, as in one piece\n {4}…\n(.*\n){3} {4} {2}\{ id: 1, /);
    expect(message).toMatch(/came, cut behind byte 1\n {4}…\n(.*\n){3} {4} {2}\{ id: 2, /);
  });

  it('fails if only some pieces are refused, and keeps the error', () => {
    const { message, cause } = failure(() =>
      everySplit(bytes('abc'), (pieces) => {
        if (pieces.some(({ length }) => length < 2)) throw new RangeError('two bytes at least');
      }),
    );
    expect(message).toContain('  came, cut behind byte 1\n    threw RangeError: two bytes at least\n');
    expect(cause).toBeInstanceOf(RangeError);
  });

  describe('of bytes that are to be refused', () => {
    const refuse =
      (message: (pieces: Pieces) => string) =>
      (pieces: Pieces): never => {
        throw new TypeError(message(pieces));
      };

    it('wants the same error however they are cut', () => {
      expect(
        everySplit(
          bytes('abc'),
          refuse(() => 'bad'),
          { refused: true },
        ),
      ).toEqual({ splits: 4 });
      const { message } = failure(() =>
        everySplit(
          bytes('abc'),
          refuse(({ length }) => `bad: ${length}`),
          { refused: true },
        ),
      );
      expect(message).toContain('threw TypeError: bad: 1\n');
      expect(message).toContain('threw TypeError: bad: 2\n');
    });

    it('wants an error at all', () => {
      expect(() => everySplit(bytes('abc'), joined, { refused: true })).toThrow(
        'everySplit: refused: decode takes the bytes in one piece',
      );
    });
  });

  it('throws what the whole throws: then it is not the cuts', () => {
    const mine = new Error('mine');
    expect(() =>
      everySplit(bytes('abc'), () => {
        throw mine;
      }),
    ).toThrow(mine);
  });

  it('hands over pieces that lie among other bytes, each time anew', () => {
    everySplit(bytes('abc'), (pieces) => {
      for (const piece of pieces) {
        const { buffer, byteOffset, length } = piece;
        const around = new Uint8Array(buffer);
        expect([around[byteOffset - 1], around[byteOffset + length]]).toEqual([0xdb, 0xdb]);
        piece.fill(0);
      }
    });
    expect(() => everySplit(bytes('abc'), ([first]) => Buffer.from(first!.buffer).toString())).toThrow(SplitError);
  });

  it.each([
    [{ pair: 1 }, 'everySplit.pair: is not an option (did you mean pairs?)'],
    [{ pairs: -1 }, 'everySplit.pairs: must be an integer from 0 to 100000, got -1'],
  ])('refuses %j', (options, message) => {
    const wrong = (): unknown => everySplit(bytes('a'), joined, options as EverySplitOptions);
    expect(wrong).toThrow(InvalidOptionError);
    expect(wrong).toThrow(message);
  });

  it('does not wait for promises', () => {
    expect(() => everySplit(bytes('a'), () => Promise.resolve())).toThrow(
      'must give its result at once, not a promise',
    );
  });
});
