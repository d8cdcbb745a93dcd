import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { DataDirInUseError, StorageError } from '../../../src/embedded/errors.js';
import { LanceServer } from '../../../src/embedded/lance/lance-server.js';
import { FileLog, segmentFile } from '../../../src/embedded/lance/storage/file-log.js';
import { OpenFiles } from '../../../src/embedded/lance/storage/files.js';
import { recoverLog } from '../../../src/embedded/lance/storage/recover-log.js';
import { until } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { lockFiles, newFolder } from './folders.js';

it.each(['made', 'not even made'])(
  'what was stored before the disk was full survives a kill, also if the next segment is %s',
  (how) => {
    const folder = newFolder();
    const files = new OpenFiles();
    const stored = { segments: [], nextNumber: 1, lastSequence: 0, skipped: 0 };
    const log = new FileLog(folder, files, 1024, stored, undefined, () => {});
    log.reveal(log.append(Buffer.alloc(10, 'a')));
    const end = log.append(Buffer.alloc(990, 'a'));
    const write = files.write.bind(files);
    const full = jest.spyOn(files, 'write').mockImplementationOnce((path) => {
      if (how === 'made') write(path, Buffer.from('half'), 0);
      throw new StorageError('no space left on device');
    });
    expect(() => log.append(Buffer.alloc(100, 'b'))).toThrow('no space left');
    log.reveal(end);
    full.mockRestore();
    files.close();
    expect(recoverLog(folder, undefined).stored.segments.at(-1)?.end).toBe(1000);
  },
);

it('a retention that could not be kept deletes nothing', () => {
  const server = new LanceServer();
  const { topics } = server['core'];
  server.createTopic('events');
  const topic = topics.named('events')!;
  jest.spyOn(topics.storage, 'save').mockImplementationOnce(() => {
    throw new StorageError('read-only file system');
  });
  expect(() => topics.setRetention(topic, { maxAgeSecs: 0n, maxBytes: 0n })).toThrow(StorageError);
  expect(topic.retention).toBeUndefined();
});

it('a full disk gets room again from retention, also if it was full at the beginning of a segment', async () => {
  const options = { dataDir: newFolder(), segmentBytes: 1024, retentionSweepMs: 1 };
  const server = await firstValueFrom(new LanceServer(options).start());
  server.append('events', Buffer.alloc(1000));
  const core = server['core'];
  core.setRetention(core.topicNamed('events'), { maxAgeSecs: 10n ** 9n, maxBytes: 500n });
  const full = jest.spyOn(OpenFiles.prototype, 'write').mockImplementation(() => {
    throw new StorageError('no space left on device');
  });
  expect(() => server.append('events', Buffer.alloc(100))).toThrow('no space left');
  full.mockRestore();
  await really(until(() => server.topic('events')?.byteLength === 0));
  await lastValueFrom(server.stop());
});

it('what retention forgets takes no room on the disk any more, also if that is too full to note it', () => {
  const folder = newFolder();
  const files = new OpenFiles();
  const stored = { segments: [], nextNumber: 1, lastSequence: 0, skipped: 0 };
  const log = new FileLog(folder, files, 1024, stored, undefined, () => {
    throw new StorageError('no space left on device');
  });
  for (const letter of 'abc') log.reveal(log.append(Buffer.alloc(1000, letter)));
  expect(() => log.trimHead(1500)).toThrow('no space left');
  expect(readdirSync(folder).filter((name) => name.endsWith('.data'))).toEqual([2, 3].map(segmentFile));
  expect(Buffer.concat(log.slices(0, log.length)).toString()).toBe('b'.repeat(500) + 'c'.repeat(1000));
  files.close();
});

it('a server that can not give its folder back says so, and has stopped all the same', async () => {
  const dataDir = newFolder();
  const server = await firstValueFrom(new LanceServer({ dataDir }).start());
  const lock = join(dataDir, lockFiles(dataDir)[0]!);
  rmSync(lock);
  // What is a folder is not removed as a file.
  mkdirSync(join(lock, 'x'), { recursive: true });
  await expect(lastValueFrom(server.stop())).rejects.toThrow(StorageError);
  const refusal = new Promise((resolve) =>
    connect({ port: server.port, host: server.host })
      .once('connect', () => resolve('connected'))
      .once('error', ({ message }) => resolve(message)),
  );
  expect(await refusal).toMatch('ECONNREFUSED');
  rmSync(lock, { recursive: true });
  await lastValueFrom(server.stop());
});

it('another thread of the process does not get a folder that is in use', async () => {
  const dataDir = newFolder();
  const server = await firstValueFrom(new LanceServer({ dataDir }).start());
  const inThread = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const code = `
        const { parentPort, workerData } = require('node:worker_threads');
        require('tsx/cjs');
        const { FolderLock } = require(workerData.module);
        try {
          new FolderLock(workerData.folder).release();
          parentPort.postMessage('had it');
        } catch (error) {
          parentPort.postMessage(error.code ?? error.message);
        }`;
      const module = join(process.cwd(), 'src/embedded/lance/storage/folder-lock.ts');
      new Worker(code, { eval: true, workerData: { folder: dataDir, module } })
        .once('message', resolve)
        .once('error', reject);
    });
  expect(await inThread()).toBe(DataDirInUseError.code);
  expect(lockFiles(dataDir)).toHaveLength(1);
  await lastValueFrom(server.stop());
  expect(await inThread()).toBe('had it');
}, 30_000);
