import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lastValueFrom } from 'rxjs';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';

it('a folder that the system does not make is an error that names the option, and not an endless wait', async () => {
  // In a process of its own: nothing else ends what waits for the system.
  const code = `
    import { FileOffsetStore } from './src/observables/lance/stores/file-offset-store.ts';
    new FileOffsetStore('/proc/x/y').save({ consumer: 'me', topicId: 1 }, 1n).subscribe({
      error: ({ message }) => console.log(message),
    });`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
  expect(stdout).toBe("offsetDir: /proc/x/y/me_1.offset can't be there, the system makes no folder for it\n");
}, 60_000);

it('folders above it are made, too, by several at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offsets-'));
  const stores = [1, 2, 3].map(() => new FileOffsetStore(join(folder, 'a', 'b', 'c')));
  const key = (topicId: number): { consumer: string; topicId: number } => ({ consumer: 'me', topicId });
  const save = { defaultValue: undefined };
  await Promise.all(stores.map((store, i) => lastValueFrom(store.save(key(i), BigInt(i)), save)));
  for (const [i, store] of stores.entries()) expect(await lastValueFrom(store.load(key(i)))).toBe(BigInt(i));
  rmSync(folder, { recursive: true });
});
