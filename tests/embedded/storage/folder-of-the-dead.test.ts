import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { FolderLock } from '../../../src/embedded/lance/storage/folder-lock.js';
import { eventually } from '../../lance/scene.js';

const fieldsOf = (pid: string): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];

describe('a data folder is free', () => {
  it('once who used it has ended, though its parent has not looked yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dead-'));
    // The shell becomes a program that never looks what has become of its child.
    const script = 'cat <&3 & echo $!; exec sleep 60 3<&-';
    const stdio: StdioOptions = ['ignore', 'pipe', 'inherit', 'pipe'];
    const parent = spawn('sh', ['-c', script], { stdio });
    try {
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
      const pid = line.toString().trim();
      await eventually(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
      // Its input ends, and so does the child.
      (parent.stdio[3] as Writable).end();
      await eventually(() => fieldsOf(pid)[0] === 'Z');
      writeFileSync(join(folder, `lock-${pid}-${fieldsOf(pid)[19]}`), '');
      new FolderLock(folder).release();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      parent.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });
});
