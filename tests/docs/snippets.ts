import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A piece of code that a reader may copy. */
export interface Snippet {
  /** Where it stands, for messages. */
  readonly name: string;
  readonly code: string;
}

const ROOT = join(__dirname, '../..');

/** The `ts` blocks of a Markdown file. */
export function markdownSnippets(file: string): Snippet[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({
    name: `${file} ${index + 1}`,
    code: code ?? '',
  }));
}

/** The examples of all docstrings under a folder; what their own file exports need not be imported. */
export function docstringSnippets(folder: string): Snippet[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const path = join(ROOT, folder, file);
    const text = readFileSync(path, 'utf8');
    const exported = [...text.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name ?? '');
    return [...text.matchAll(/@example\n(.*?)\n\s*(?:\*\/|\* @)/gs)].map(([, body], index) => {
      const example = (body ?? '').replaceAll(/^\s*\* ?/gm, '');
      const own = exported.filter((name) => !new RegExp(`import [^;]*\\b${name}\\b`).test(example));
      const module = path.replace(/\.ts$/, '.js');
      const code = own.length === 0 ? example : `import { ${own.join(', ')} } from '${module}';\n${example}`;
      return { name: `${join(folder, file)} ${index + 1}`, code };
    });
  });
}
