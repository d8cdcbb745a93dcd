import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A piece of code that a reader may copy. */
export interface Snippet {
  /** Where it stands, for messages. */
  readonly name: string;
  readonly code: string;
  /** What stands behind `ts` at its head, such as `fails`; mostly nothing. */
  readonly kind: string;
  /** The block of text that follows at once: what the code says. */
  readonly says: string | undefined;
}

const ROOT = join(__dirname, '../..');
const BLOCK = /^```ts *(.*?)\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?/gms;

/** The `ts` blocks of a Markdown file. */
export function markdownSnippets(file: string): Snippet[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(BLOCK)].map(([, kind, code, says], index) => ({
    name: `${file} ${index + 1}`,
    code: code ?? '',
    kind: kind ?? '',
    says,
  }));
}

/** Those of a page whose first block is nothing but the imports of all others, which bring none of their own. */
export function snippetsWithImports(file: string): Snippet[] {
  const [imports, ...others] = markdownSnippets(file);
  if (imports === undefined || /^(?!import |\/\/|\} from|  )./m.test(imports.code.trimEnd())) {
    throw new Error(`${file}: the first block must be the imports of the page`);
  }
  return others.map((snippet) =>
    /^import /m.test(snippet.code) ? snippet : { ...snippet, code: `${imports.code}${snippet.code}` },
  );
}

/** The examples of all docstrings under a folder; what their own file exports need not be imported. */
export function docstringSnippets(folder: string): Snippet[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, folder, file), 'utf8');
    const exported = [...text.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name ?? '');
    return [...text.matchAll(/@example\n(.*?)\n\s*(?:\*\/|\* @)/gs)].map(([, body], index) => {
      const example = (body ?? '').replaceAll(/^\s*\* ?/gm, '');
      const own = exported.filter((name) => !new RegExp(`import [^;]*\\b${name}\\b`).test(example));
      const module = `../../${join(folder, file).replace(/\.ts$/, '.js')}`;
      const code = own.length === 0 ? example : `import { ${own.join(', ')} } from '${module}';\n${example}`;
      return { name: `${join(folder, file)} ${index + 1}`, code, kind: '', says: undefined };
    });
  });
}
