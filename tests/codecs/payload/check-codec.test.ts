import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { checkCodec } from '../../../src/codecs/payload/check-codec.js';
import { json } from '../../../src/codecs/payload/json.js';
import { lz4 } from '../../../src/codecs/payload/lz4.js';

it.each([json(), lz4(json()), { name: 'mine', encode: () => new Uint8Array(), decode: () => 1 }])(
  'a codec is given back: $name',
  (codec) => {
    expect(checkCodec('codec', codec)).toBe(codec);
  },
);

it('none is none', () => {
  expect(checkCodec('codec', undefined)).toBeUndefined();
});

it.each([
  ['its name', 'json', '"json"'],
  ['what makes one', json, 'function json'],
  ['null', null, 'null'],
  ['half of one', { name: 'half', encode: () => new Uint8Array() }, 'an object with name, encode'],
])('%s is refused', (_, codec, shown) => {
  const message = `must be a codec such as json(), got ${shown}`;
  expect(() => checkCodec('codec', codec)).toThrow(InvalidOptionError);
  expect(() => checkCodec('codec', codec)).toThrow(`codec: ${message}`);
  expect(() => lz4(codec as never)).toThrow(`inner: ${message}`);
});

it('lz4() of nothing lacks the codec inside', () => {
  const make = (): unknown => lz4(undefined as never);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow('inner: must be a codec such as json(), got undefined');
});
