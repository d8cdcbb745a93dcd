import { everySplit } from '../../../src/testing/exhaustive/every-split.js';
import { bytesOf, vectors, type Vector } from '../../codecs/lance/golden/vectors.js';
import type { Pieces } from './feeding.js';
import { acks, answers, clientFrames, conversation, serverFrames } from './lance-decoders.js';

/** Whatever is made of whole frames, or of what claims to be one; the rest of the vectors are records, texts and files. */
const framed = vectors.filter(
  ({ kind, name }) => /^(frame|stream|header)$/.test(kind) || (kind === 'malformed' && !name.startsWith('tlv_')),
);
const toClients = framed.filter(({ direction }) => direction !== 'client-to-server');
const toServers = framed.filter(({ direction }) => direction !== 'server-to-client');

/** Its length is beyond the limit. */
const OVERSIZE = 'header_max_values';
const isRefused = ({ name, expect: said }: Vector): boolean =>
  name === OVERSIZE || String(said?.['server']).startsWith('closes the connection');

/** In how many ways these vectors were cut. */
function splits(of: readonly Vector[], decode: (pieces: Pieces) => unknown, pairs: number, throws = false): number {
  return of
    .map((one) => everySplit(bytesOf(one.name), decode, { name: one.name, pairs, refused: throws && isRefused(one) }))
    .reduce((sum, report) => sum + report.splits, 0);
}

it('92 golden vectors are frames: 64 may come to a client, 47 to a server, 8 are refused', () => {
  expect([framed, toClients, toServers, framed.filter(isRefused)].map(({ length }) => length)).toEqual([92, 64, 47, 8]);
});

it('the reader of the client: the same frames, and the same errors, at 26 221 splits', () => {
  expect(splits(framed, clientFrames, 200, true)).toBe(26_221);
});

it('the intake of the server: the same frames, and the same errors, at 26 221 splits', () => {
  expect(splits(framed, serverFrames, 200, true)).toBe(26_221);
});

it('a client’s requests end the same at 11 185 splits of the answers', () => {
  expect(splits(toClients, answers, 100)).toBe(11_185);
});

it('a producer’s batches end the same at 11 185 splits of the acks', () => {
  expect(splits(toClients, acks, 100)).toBe(11_185);
});

it('a server answers and stores the same at 4 384 splits of the requests', () => {
  expect(splits(toServers, conversation, 10)).toBe(4_384);
});

it.each([
  ['client', clientFrames],
  ['server', serverFrames],
])('back to back in one stream, the %s finds every frame wherever that is cut', (_, decode) => {
  const sound = framed.filter(({ kind }) => kind === 'frame').filter((__, at) => at % 4 === 0);
  const stream = Buffer.concat(sound.map(({ name }) => bytesOf(name)));
  expect(decode([stream]).filter((line) => !line.startsWith('begins '))).toHaveLength(sound.length);
  expect(everySplit(stream, decode, { pairs: 0 }).splits).toBe(stream.length);
});
