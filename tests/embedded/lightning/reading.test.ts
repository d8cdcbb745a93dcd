import { attributes } from '../../../src/embedded/lightning/reading/attribute-value.js';
import { requiredBody } from '../../../src/embedded/lightning/reading/body.js';
import { Issues, type Read } from '../../../src/embedded/lightning/reading/issues.js';
import { parsePythonJson } from '../../../src/embedded/lightning/reading/python-json.js';
import { Refusal } from '../../../src/embedded/lightning/reading/refusal.js';
import { anything, boolean, float, integer, string } from '../../../src/embedded/lightning/reading/scalars.js';
import { list } from '../../../src/embedded/lightning/reading/structures.js';

/** What is read, or the types of complaint. */
function reading(read: Read<unknown>, value: unknown): unknown {
  const issues = new Issues('body');
  const result = read(value, issues);
  return issues.found.length === 0 ? result : issues.found.map(({ type }) => type).join();
}

it.each([
  [integer, ['12', ' 2 ', '+2', '1_0', '-3', '2.0', 2.0, true, false], [12, 2, 2, 10, -3, 2, 2, 1, 0]],
  [float, ['1.5', '1e3', ' 2 ', '1_0.5', '.5', true, '-inf'], [1.5, 1000, 2, 10.5, 0.5, 1, -Infinity]],
  [boolean, [true, 'yes', 'OFF', 1, 0, 'f'], [true, true, false, true, false, false]],
  [string, ['', 'x'], ['', 'x']],
])('reads leniently: %p', (read: Read<unknown>, values, expected) => {
  expect(values.map((value) => reading(read, value))).toEqual(expected);
});

it.each([
  [integer, 1.5, 'int_from_float'],
  [integer, '', 'int_parsing'],
  [integer, '1e1', 'int_parsing'],
  [integer, '1__0', 'int_parsing'],
  [integer, null, 'int_type'],
  [integer, Infinity, 'finite_number'],
  [float, 'soon', 'float_parsing'],
  [float, '', 'float_parsing'],
  [float, {}, 'float_type'],
  [boolean, 'maybe', 'bool_parsing'],
  [boolean, 2, 'bool_parsing'],
  [boolean, null, 'bool_type'],
  [string, 5, 'string_type'],
])('refuses %p', (read: Read<unknown>, value, type) => {
  expect(reading(read, value)).toBe(type);
});

it.each([
  [
    [1, 2.5],
    [1, 2.5],
  ],
  [
    [true, 1],
    [true, true],
  ],
  [
    ['1', 2],
    [1, 2],
  ],
  [
    [1, true, 2.5],
    [1, 1, 2.5],
  ],
  [[], []],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
])('an array of several kinds %p becomes %p', (value, expected) => {
  expect(reading(attributes, { a: value })).toEqual({ a: expected });
});

it.each([null, { b: 1 }, [1, 'x'], [null], [[1]], ['x', null]])('refuses the attribute %p', (value) => {
  expect(reading(attributes, { a: value })).toMatch(/^string_type,bool_type,int_type,float_type,/);
});

it('lists a bounded number of complaints', () => {
  const issues = new Issues('body');
  list(string)(
    Array.from({ length: 10_000 }, () => 1),
    issues,
  );
  expect(issues.found.length).toBe(200);
  expect(issues.found.at(-1)?.loc).toEqual(['body', 199]);
});

it.each([
  ['{"input":', 'Expecting value', 9],
  ['', 'Expecting value', 0],
  ['[1,]', 'Expecting value', 3],
  ['{"a" 1}', "Expecting ':' delimiter", 5],
  ['{"a":1 "b"}', "Expecting ',' delimiter", 7],
  ['{a:1}', 'Expecting property name enclosed in double quotes', 1],
  ['"ab', 'Unterminated string starting at', 0],
  ['"a\nb"', 'Invalid control character at', 2],
  ['"\\x"', "Invalid \\escape: 'x'", 1],
  ['"\\u12"', 'Invalid \\uXXXX escape', 2],
  ['{} {}', 'Extra data', 3],
  ['"😀" x', 'Extra data', 4],
  ['nul', 'Expecting value', 0],
  ['01', 'Extra data', 1],
])('complains about %p as Python does', (text, message, at) => {
  expect(() => parsePythonJson(text)).toThrow(expect.objectContaining({ message, at }));
});

it('parses what JSON.parse does, and the numbers that only Python takes', () => {
  const text = '{"a":[1,-2.5e3,"x\\n\\u00fc\\ud83d\\ude00\\\\\\"",true,null,{}], "__proto__": {"b": []}, "a": 1 }';
  expect(parsePythonJson(text)).toEqual(JSON.parse(text));
  expect(JSON.stringify(parsePythonJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  expect(parsePythonJson('[NaN, -Infinity, Infinity]')).toEqual([Number.NaN, -Infinity, Infinity]);
});

describe('bodies', () => {
  const utf8 = Buffer.from('{"a":"ü😀"}');
  const utf16 = Buffer.from('{"a":"ü😀"}', 'utf16le');
  const utf32 = Buffer.concat(
    Array.from('{"a":"ü😀"}', (character) => {
      const unit = Buffer.alloc(4);
      unit.writeUInt32BE(character.codePointAt(0) ?? 0);
      return unit;
    }),
  );

  it.each([
    ['UTF-8', utf8],
    ['UTF-8 with a mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8])],
    ['UTF-16', utf16],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['UTF-16, big endian', Buffer.from(utf16).swap16()],
    ['UTF-32, big endian', utf32],
    ['UTF-32', Buffer.from(utf32).swap32()],
  ])('are understood in %s', (_, body) => {
    expect(bodyAs('application/json', body)).toEqual({ a: 'ü😀' });
  });

  it.each(['application/json; charset=x', 'Application/JSON', 'application/problem+json'])('may be %s', (type) => {
    expect(bodyAs(type, utf8)).toEqual({ a: 'ü😀' });
  });

  it.each(['text/plain', 'application/octet-stream', undefined])('are text if they are %p', (type) => {
    expect(bodyAs(type, utf8)).toBe('{"a":"ü😀"}');
  });

  it.each([
    ['not text', Buffer.from([0x1f, 0x8b, 0x08, 0xff])],
    ['half of UTF-16', utf16.subarray(0, -1)],
    ['too deep', Buffer.from('['.repeat(3000))],
  ])('are refused if they are %s', (_, body) => {
    const refused = new Refusal(400, 'There was an error parsing the body');
    expect(() => bodyAs('application/json', body)).toThrow(expect.objectContaining({ ...refused }));
  });

  it('are not deep because of what their strings say', () => {
    const text = JSON.stringify({ a: '[{"'.repeat(2000), b: '\\\\' });
    expect(bodyAs('application/json', Buffer.from(text))).toEqual(JSON.parse(text));
  });
});

function bodyAs(contentType: string | undefined, body: Uint8Array): unknown {
  const header = (name: string): string | undefined => (name === 'content-type' ? contentType : undefined);
  return requiredBody({ method: 'POST', target: '/', body, header }, anything);
}
