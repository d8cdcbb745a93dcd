import { everySplit, lanceAnswer, tlv } from 'sluice/testing';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { measureFloFrame } from '../../../src/testing/flo/flo-frames.js';
import { measureLanceFrame } from '../../../src/testing/lance/lance-frames.js';
import { FrameCutter, type MeasureFrame } from '../../../src/testing/wires/frame-cutter.js';

/** What is found in pieces of bytes, as hex; what is no frame is behind `?`. */
const cutBy = (measure: MeasureFrame) => (pieces: readonly Uint8Array[]) => {
  const found: string[] = [];
  let garbage = '';
  const cutter = new FrameCutter(measure, {
    frame: (bytes) => found.push(Buffer.from(bytes).toString('hex')),
    garbage: (bytes) => (garbage += Buffer.from(bytes).toString('hex')),
  });
  for (const piece of pieces) cutter.take(piece);
  return [...found, `?${garbage}`, cutter.heldBytes];
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('frames are cut out of a stream however it is split', () => {
  it('Lance', () => {
    const frames = [lanceAnswer.keepalive(), lanceAnswer.fetched(0, tlv('a', 'bb')), lanceAnswer.error('no')];
    const rest = Buffer.from('LANC and something');
    const cut = cutBy(measureLanceFrame);
    expect(cut([Buffer.concat([...frames, rest])])).toEqual([...frames.map(hex), '?', rest.length]);
    everySplit(Buffer.concat([...frames, rest]), cut);
  });

  it.each(['v1-32', 'v2-table'] as const)('Flo %s, and the garbage behind', (protocol) => {
    const codec = codecFor(protocol);
    const frames = [
      codec.answerFrame({ low: 1, high: 0 }, 0, Buffer.from('pong')),
      codec.answerFrame({ low: 2, high: 0 }, 0, new Uint8Array(0)),
    ];
    const garbage = Buffer.from('HTTP/1.1 400');
    const cut = cutBy(measureFloFrame);
    expect(cut([Buffer.concat([...frames, garbage])])).toEqual([...frames.map(hex), `?${hex(garbage)}`, 0]);
    everySplit(Buffer.concat([...frames, garbage]), cut);
  });

  it('a large frame byte by byte, without moving all of it each time', () => {
    const large = lanceAnswer.fetched(0, new Uint8Array(200_000));
    const copies = jest.spyOn(Uint8Array.prototype, 'copyWithin');
    const pieces = Array.from(large, (_, at) => large.subarray(at, at + 1));
    expect(cutBy(measureLanceFrame)(pieces)).toEqual([hex(large), '?', 0]);
    expect(copies).toHaveBeenCalledTimes(1);
    copies.mockRestore();
  });

  it('a frame that is larger than all before', () => {
    const large = lanceAnswer.fetched(0, new Uint8Array(300_000));
    const cut = cutBy(measureLanceFrame);
    expect(cut([large.subarray(0, 100), large.subarray(100, 70_000), large.subarray(70_000)])).toEqual([
      hex(large),
      '?',
      0,
    ]);
  });
});
