import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SLUICE = /^sluice(?:\/|$)/;
const aliases = Object.fromEntries(
  ['lance', 'flo', 'embedded'].map((entry) => [`sluice/${entry}`, join(root, `src/${entry}.ts`)]),
);

/** Programs of the benchmarks, compiled together with the library's sources. */
export interface Compiled {
  /** The file to run for a module given relative to the folder of benchmarks, such as `fake-server/main`. */
  file(module: string): string;
  remove(): Promise<void>;
}

/**
 * Compiles as a release is compiled, so that what is measured is what users get: a loader that compiles while it
 * loads leaves traces in the code (it names every closure at run time) that cost a hot path dearly.
 */
export async function compile(modules: readonly string[]): Promise<Compiled> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'sluice-bench-'));
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(
      modules.map((module) => [`benchmarks/${module}`, join(root, 'benchmarks', `${module}.ts`)]),
    ),
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !SLUICE.test(id),
    resolve: { alias: { ...aliases, sluice: join(root, 'src/index.ts') } },
  });
  await build.write({
    dir: folder,
    format: 'esm',
    comments: { jsdoc: false },
    entryFileNames: '[name].mjs',
    chunkFileNames: 'parts/[name].mjs',
  });
  await build.close();
  return {
    file: (module) => join(folder, 'benchmarks', `${module}.mjs`),
    remove: async () => rm(folder, { recursive: true, force: true }),
  };
}
