import { markdownSnippets, type Snippet } from './snippets.js';

/** What gives back what a snippet of that page has opened, whether or not it came to its end. */
const CLOSED = `
  await lastValueFrom(lance.close({ deadlineMs: 0 }));
  await lastValueFrom(server.stop());`;

/**
 * The snippets of docs/lance.md: the first block is the imports of the page, the second one what stands before each of
 * the others. Each becomes a module with a function `run`.
 */
export function lanceSnippets(): Snippet[] {
  const [imports, before, ...others] = markdownSnippets('docs/lance.md');
  if (imports === undefined || before === undefined) throw new Error('the page must begin with imports and a server');
  return others.map((snippet) => ({
    ...snippet,
    code: `${imports.code}
export async function run(): Promise<void> {
  ${before.code}
  try {
    ${snippet.code}
  } finally {${CLOSED}
  }
}`,
  }));
}
