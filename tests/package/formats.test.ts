import { built, entries, runNode } from './run-node.js';

interface Names {
  readonly module: readonly string[];
  readonly commonJs: readonly string[];
  readonly imported: readonly string[];
  readonly required: readonly string[];
  readonly oneInstance: boolean;
}

const publicName = (entry: string): string => (entry === 'index' ? 'sluice' : `sluice/${entry}`);

/** Loads an entry in all ways at once: both formats by path, and what Node finds under its public name. */
function load(entry: string): Names {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const [name, modulePath, commonJsPath] = ${JSON.stringify([publicName(entry), built(`${entry}.js`), built(`${entry}.cjs`)])};
    const [imported, required] = [await import(name), require(name)];
    const names = (exported) => Object.keys(exported).filter((key) => key !== '__esModule').sort();
    console.log(JSON.stringify({
      module: names(await import(modulePath)),
      commonJs: names(require(commonJsPath)),
      imported: names(imported),
      required: names(required),
      oneInstance: names(imported).every((key) => imported[key] === required[key]),
    }));`;
  return runNode(script) as Names;
}

describe.each(entries)('the built entry %s', (entry) => {
  let names: Names;
  beforeAll(() => {
    names = load(entry);
  });

  it('exports the same names from ES modules and from CommonJS', () => {
    expect(names.module).not.toEqual([]);
    expect(names.commonJs).toEqual(names.module);
  });

  it('is found by its public name, by import and by require, as one instance', () => {
    expect(names.imported).toEqual(names.module);
    expect(names.required).toEqual(names.module);
    expect(names.oneInstance).toBe(true);
  });
});
