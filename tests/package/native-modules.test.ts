import { basename } from 'node:path';
import { built, entries, runNode } from './run-node.js';

const loadedAfter = (script: string): string[] => {
  const listing = `${script}
    console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'))));`;
  return (runNode(listing) as string[]).map((file) => basename(file));
};

const importEntry = (entry: string): string =>
  `const { ${entry === 'index' ? 'lz4, msgpack, raw' : ''} } = await import(${JSON.stringify(built(`${entry}.js`))});`;

describe('native modules', () => {
  it.each(entries)('importing %s loads none', (entry) => {
    expect(loadedAfter(importEntry(entry))).toEqual([]);
  });

  it('a compressing codec loads its own on first use, and no other', () => {
    const loaded = loadedAfter(`${importEntry('index')} lz4(raw()).encode(new Uint8Array(100));`);
    expect(loaded).toEqual([expect.stringContaining('lz4')]);
  });

  it('making a codec loads none', () => {
    expect(loadedAfter(`${importEntry('index')} lz4(raw()); msgpack();`)).toEqual([]);
  });
});
