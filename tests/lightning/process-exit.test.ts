import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withServer } from './scene.js';

const run = promisify(execFile);

/** Runs a script with a client of `origin` in a process of its own; how long it lived after its last line, in ms. */
async function afterLife(origin: string, script: string): Promise<number> {
  const code = `
    import { LightningStoreClient } from './src/lightning.ts';
    const store = new LightningStoreClient('${origin}', { retryDelaysMs: [], healthRetryDelaysMs: [] });
    const done = () => console.log(Date.now());
    ${script}`;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    cwd: `${__dirname}/../..`,
    timeout: 20_000,
  });
  return Date.now() - Number(stdout);
}

describe('a process with a client ends', () => {
  it.each([
    ['after close', 'store.health().subscribe(() => store.close().subscribe(done));'],
    ['without close, once nothing is under way', 'store.health().subscribe(done);'],
    ['after close with exchanges under way', 'store.health().subscribe({ error: done }); store.close().subscribe();'],
    [
      'after leaving an exchange',
      'const left = store.waitForRollouts(["ro-x"], { onUnknown: "wait" }).subscribe(); setTimeout(() => { left.unsubscribe(); done(); }, 100);',
    ],
  ])('%s', async (_, script) => {
    await withServer(async ({ server }) => {
      expect(await afterLife(server.origin, script)).toBeLessThan(3_000);
    });
  });
});
