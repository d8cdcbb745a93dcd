import { existsSync, readFileSync } from 'node:fs';

/** The version of the package that this file belongs to, run from source or from dist. */
export function version(): string {
  let folder = new URL('.', import.meta.url);
  for (let above = new URL('..', folder); above.href !== folder.href; folder = above, above = new URL('..', folder)) {
    const file = new URL('package.json', folder);
    const manifest: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    if (isOurs(manifest)) return manifest.version;
  }
  throw new Error('package.json not found');
}

function isOurs(manifest: unknown): manifest is { readonly version: string } {
  return typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'name') === 'sluice';
}
