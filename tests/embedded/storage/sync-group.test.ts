import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { SyncGroup } from '../../../src/embedded/lance/storage/sync-group.js';
import { newFolder } from './folders.js';

const outcome = (group: SyncGroup): Promise<string> =>
  new Promise((resolve) => group.sync((failure) => resolve(failure === undefined ? 'kept' : 'lost')));

it('nobody is promised what did not reach the disk: neither who waits behind who was told, nor who comes later', async () => {
  const group = new SyncGroup();
  // What is a folder can't be written to.
  const path = join(newFolder(), 'file');
  mkdirSync(path);
  group.touch(path);
  expect(await Promise.all([outcome(group), outcome(group)])).toEqual(['lost', 'lost']);
  expect(await outcome(group)).toBe('lost');
  // What has been deleted need not be kept.
  rmdirSync(path);
  expect(await Promise.all([outcome(group), outcome(group)])).toEqual(['kept', 'kept']);
});
