import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /^(?:import|export) (?!type )[^;]*?from '([^']+)';/gms;

/** What is loaded with a file of the library: modules of Node and packages, with the file that asks for each. */
function loadedWith(file: string, seen = new Set<string>(), found = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return found;
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (name.startsWith('.')) loadedWith(join(dirname(file), name.replace(/\.js$/, '.ts')), seen, found);
    else found.set(name, file);
  }
  return found;
}

describe('loading the library', () => {
  test.each(['lance', 'flo'])('as sluice/%s does not load TLS, whose root certificates fill the heap', (entry) => {
    const loaded = loadedWith(join('src', `${entry}.ts`));
    expect(loaded.get('node:net')).toBeDefined();
    expect(loaded.get('node:tls')).toBeUndefined();
  });
});
