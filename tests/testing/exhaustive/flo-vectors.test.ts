import { everySplit } from '../../../src/testing/exhaustive/every-split.js';
import { fromHex, vectors, type Vector } from '../../codecs/flo/golden/vectors.js';
import type { Pieces } from './feeding.js';
import { answerTo, conversation, requests } from './flo-decoders.js';

/** Everything of every generation but options that stand alone. */
const framed = vectors.filter(({ direction, name }) => direction !== 'fragment' && !name.startsWith('fragment/'));
const toClients = framed.filter(({ direction }) => direction === 'response');
const toServers = framed.filter(({ direction }) => direction === 'request');

/** In how many ways these vectors were cut. */
function splits(of: readonly Vector[], decode: (pieces: Pieces) => unknown, pairs: number): number {
  return of
    .map(({ name, hex }) => everySplit(fromHex(hex), decode, { name, pairs }))
    .reduce((sum, report) => sum + report.splits, 0);
}

it('441 golden vectors are frames, of four generations: 172 answers and 269 requests, malformed ones among them', () => {
  expect([framed, toClients, toServers].map(({ length }) => length)).toEqual([441, 172, 269]);
});

it.each([
  ['v1-32', 17_372],
  ['v2-table', 17_372],
] as const)('a client of %s makes the same of every answer, its own or not, at %i splits', (protocol, count) => {
  expect(splits(toClients, answerTo(protocol), 50)).toBe(count);
});

it('the intake of the server: the same requests, and the same refusals, at 31 368 splits', () => {
  expect(splits(toServers, requests, 50)).toBe(31_368);
});

it('a server answers the same at 20 608 splits of the requests', () => {
  expect(splits(toServers, conversation, 10)).toBe(20_608);
});

it('requests of two generations back to back in one stream are found wherever that is cut', () => {
  const sound = toServers
    .filter(({ name, protocol }) => /^v(1-32|2-table)$/.test(protocol) && !name.startsWith('malformed/'))
    .filter((__, at) => at % 8 === 0);
  const stream = Buffer.concat(sound.map(({ hex }) => fromHex(hex)));
  const found = requests([stream]).map((line) => line.split(' ', 1)[0]);
  expect(found).toEqual(sound.map(({ protocol }) => protocol));
  expect(new Set(found).size).toBe(2);
  expect(everySplit(stream, requests, { pairs: 0 }).splits).toBe(stream.length);
});
