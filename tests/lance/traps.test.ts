import { existsSync, readFileSync } from 'node:fs';

const LAST = 70;
const ROW = /^\| T (\d+) *\| ([^|]+) \| ([^|]+?) *\|$/;
const NAMED = /`([^`]+\.test\.ts)`: "([^"]+)"/g;

const rows = readFileSync('tests/lance/traps.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, number, , kept] = ROW.exec(line) ?? [];
    return number === undefined || kept === undefined ? [] : [{ number: Number(number), kept }];
  });

/** How a title stands in a file: quotes may be escaped there. */
const text = (file: string): string => readFileSync(file, 'utf8').replaceAll("\\'", "'");

it('every trap is here, in its order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: LAST + 1 }, (_, number) => number));
});

it.each(rows)('T $number is kept out of by tests that exist, or says why there is none', ({ kept }) => {
  const named = [...kept.matchAll(NAMED)].map(([, file = '', title = '']) => ({ file, title }));
  if (named.length === 0) expect(kept).toMatch(/^– .{20,}/);
  const missing = named.filter(({ file, title }) => !existsSync(file) || !text(file).includes(title));
  expect(missing).toEqual([]);
});
