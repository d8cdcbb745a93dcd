import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { DataDirInUseError, StorageError } from '../../../src/embedded/errors.js';
import { LanceServer, type LanceServerOptions } from '../../../src/embedded/lance/lance-server.js';
import { DataFolder } from '../../../src/embedded/lance/storage/data-folder.js';
import { FileLog, segmentFile } from '../../../src/embedded/lance/storage/file-log.js';
import { OpenFiles } from '../../../src/embedded/lance/storage/files.js';
import { recoverLog } from '../../../src/embedded/lance/storage/recover-log.js';
import { lockFiles, newFolder } from './folders.js';

const started: LanceServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await lastValueFrom(server.stop());
});

function newServer(options: LanceServerOptions): LanceServer {
  const server = new LanceServer(options);
  started.push(server);
  return server;
}

const start = (options: LanceServerOptions): Promise<LanceServer> => firstValueFrom(newServer(options).start());

it('a folder can be used whose first server found no room for what marks it', async () => {
  const dataDir = newFolder();
  writeFileSync(join(dataDir, 'format'), '');
  const server = await start({ dataDir });
  expect(server.append('events', Buffer.from('data'))).toBe(4);
  await lastValueFrom(server.stop());
  expect((await start({ dataDir })).recovery?.bytes).toBe(4);
});

it('stopped and started again at once, a server holds its folder', async () => {
  const dataDir = newFolder();
  const server = newServer({ dataDir });
  const first = lastValueFrom(server.start()).catch((error: unknown) => (error as { code: string }).code);
  server.stop().subscribe();
  await lastValueFrom(server.start());
  expect(await first).toBe('CLOSED');
  expect(lockFiles(dataDir)).toHaveLength(1);
  await expect(start({ dataDir })).rejects.toThrow(DataDirInUseError);
});

it('one folder under two names is one folder', async () => {
  const dataDir = newFolder();
  const other = join(newFolder(), 'link');
  symlinkSync(dataDir, other);
  await start({ dataDir });
  await expect(start({ dataDir: other })).rejects.toThrow(DataDirInUseError);
});

it('of two processes that begin together, never both have the folder', async () => {
  const [folder, other] = [newFolder(), newFolder()];
  const run = promisify(execFile);
  const args = ['--import', 'tsx', 'tests/embedded/storage/locking-process.ts', folder, join(other, 'inside')];
  const both = await Promise.all([1, 2].map(() => run(process.execPath, args)));
  for (const { stdout } of both) {
    const { had, notAlone } = JSON.parse(stdout) as { had: number; notAlone: number };
    expect(had).toBeGreaterThan(0);
    expect(notAlone).toBe(0);
  }
});

it('what is forgotten is no reason for positions below 0, even if the disk has lost what follows', () => {
  const path = newFolder();
  const storage = new DataFolder(path, 1024, false);
  storage.open();
  const topic = storage.create(1, 'events', 0, undefined);
  for (const count of [100, 300, 400]) topic.log.reveal(topic.log.append(Buffer.alloc(count, 'x')));
  topic.log.trimHead(500);
  storage.close();
  truncateSync(join(path, 'topics', '1', segmentFile(1)), 450);
  const again = new DataFolder(path, 1024, false);
  try {
    const { log } = again.open()[0]!;
    expect(log.length).toBe(0);
    log.reveal(log.append(Buffer.from('new')));
    expect(Buffer.concat(log.slices(0, log.length)).toString()).toBe('new');
  } finally {
    again.close();
  }
});

it('a topic that can not be deleted is still there', async () => {
  const dataDir = newFolder();
  const server = await start({ dataDir });
  server.append('events', Buffer.from('data'));
  // Nothing can take the name of a folder that is not empty.
  mkdirSync(join(dataDir, 'topics', '1.gone', 'x'), { recursive: true });
  expect(() => server['core'].topics.delete(1)).toThrow(StorageError);
  expect(Buffer.from(server.read('events')).toString()).toBe('data');
  expect(server.append('events', Buffer.from('more'))).toBe(8);
});

it.each(['truncate', 'write'] as const)(
  'what is cut off on purpose is all that is missing, if the process is killed before it can %s',
  (step) => {
    const folder = newFolder();
    const files = new OpenFiles();
    const stored = { segments: [], nextNumber: 1, lastSequence: 0, skipped: 0 };
    const log = new FileLog(folder, files, 1024, stored, undefined, () => {});
    for (const text of ['abc', 'defghi']) log.reveal(log.append(Buffer.from(text)));
    jest.spyOn(files, step).mockImplementation(() => {
      throw new Error('killed');
    });
    expect(() => log.truncate(5)).toThrow('killed');
    const [left] = recoverLog(folder, undefined).stored.segments;
    expect(left?.end).toBe(step === 'truncate' ? 5 : 9);
    files.close();
  },
);

it('a topic that can not be read when the server starts keeps nobody from trying again', async () => {
  const dataDir = newFolder();
  const server = await start({ dataDir });
  server.append('events', Buffer.from('no record'));
  await lastValueFrom(server.stop());
  jest.spyOn(FileLog.prototype, 'truncate').mockImplementationOnce(() => {
    throw new StorageError('read-only file system');
  });
  await expect(start({ dataDir, recoveryCuts: true })).rejects.toThrow('read-only file system');
  expect(lockFiles(dataDir)).toEqual([]);
  expect((await start({ dataDir })).topic('events')?.byteLength).toBe(9);
});

it('a folder that the system does not make is an error that says so, and not an endless wait', async () => {
  const run = promisify(execFile);
  // In a process of its own: nothing else ends what waits for the system.
  const code = `
    import { LanceServer } from './src/embedded/lance/lance-server.ts';
    new LanceServer({ dataDir: process.argv[1] }).start().subscribe({ error: ({ code, message, context }) => {
      console.log(JSON.stringify({ code, message, errno: context.errno }));
    } });`;
  for (const dataDir of ['/proc/x', '/proc/x/y']) {
    const args = ['--import', 'tsx', '--input-type=module', '-e', code, dataDir];
    const { stdout } = await run(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
    const message = `${dataDir}: must be a folder, and /proc/x can not be made (ENOENT)`;
    expect(JSON.parse(stdout)).toEqual({ code: 'STORAGE', message, errno: 'ENOENT' });
  }
}, 60_000);

it('folders above a data folder are made, too, and a file in their place is named', async () => {
  const folder = newFolder();
  await start({ dataDir: join(folder, 'a', 'b', 'c') });
  expect(lockFiles(join(folder, 'a', 'b', 'c'))).toHaveLength(1);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const dataDir of [file, join(file, 'x', 'y')])
    await expect(start({ dataDir })).rejects.toThrow(`${dataDir}: must be a folder, and ${file} is a file`);
});

it('a folder that no files can be made in is named itself, and not a file that nobody asked for', async () => {
  const error: unknown = await start({ dataDir: '/proc' }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({
    message: '/proc: must be a folder that files can be made in (ENOENT)',
    context: { path: '/proc', errno: 'ENOENT' },
  });
});
