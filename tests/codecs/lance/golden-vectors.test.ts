import { crc32 } from '../../../src/codecs/checksum/crc32.js';
import { writeU32 } from '../../../src/codecs/little-endian.js';
import { compressedChecks } from './golden/compressed.js';
import { frameChecks } from './golden/frames.js';
import { recordChecks } from './golden/records.js';
import { replyChecks } from './golden/replies.js';
import { requestChecks } from './golden/requests.js';
import { fromHex, hex, named, str, vector, vectors } from './golden/vectors.js';

const CHECKS = { ...frameChecks, ...requestChecks, ...replyChecks, ...recordChecks, ...compressedChecks };

/** What the other files of this folder check, by kind or name. */
const ELSEWHERE = /^(stream_|tlv_extended$)/;

/** Files are for the tests of the offset stores; grouped consumers come later, and speak another protocol. */
const NOT_HERE = /^(offset_file_|group_)/;

describe('golden vectors, both ways', () => {
  it.each(Object.keys(CHECKS))('%s', (name) => {
    const one = vector(name);
    const outcome = CHECKS[name]?.(one);
    expect(outcome?.encoded).toBe(one.hex);
    expect(outcome?.decoded).toEqual(outcome?.fields);
  });

  it.each(named('crc32_'))('%s', (name) => {
    const { input, hex: bytes } = vector(name);
    const encoded = new Uint8Array(4);
    writeU32(encoded, 0, crc32(fromHex(str(input['inputHex']))));
    expect(hex(encoded)).toBe(bytes);
    expect(crc32(fromHex(str(input['inputHex'])))).toBe(input['crc']);
  });

  it('none is forgotten', () => {
    const open = vectors.filter(({ name, kind }) => {
      return (
        !(name in CHECKS) && kind !== 'malformed' && kind !== 'hash' && !ELSEWHERE.test(name) && !NOT_HERE.test(name)
      );
    });
    expect(open.map(({ name }) => name)).toEqual([]);
    expect(vectors.length).toBe(148);
  });

  it('all have the length that they say', () => {
    const wrong = vectors.filter(({ hex: bytes, length }) => bytes.length !== 2 * length);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});
