import { cpSync } from 'node:fs';
import type * as FileSystem from 'node:fs';
import { join } from 'node:path';
import { DataFolder } from '../../../src/embedded/lance/storage/data-folder.js';
import { copyFrom } from '../../../src/embedded/lance/storage/topic-log.js';
import type { Topic } from '../../../src/embedded/lance/storage/topic-storage.js';
import { newFolder } from './folders.js';

/** How many more changes of the disk the process lives to make; Infinity: it is not killed. */
let left = Number.POSITIVE_INFINITY;
class Killed extends Error {}

/** True if the process is killed here. */
function dies(): boolean {
  return --left < 0;
}

jest.mock('node:fs', () => {
  const real = jest.requireActual<typeof FileSystem>('node:fs');
  const deadly =
    <A extends unknown[], R>(act: (...args: A) => R) =>
    (...args: A): R => {
      if (dies()) throw new Killed();
      return act(...args);
    };
  return {
    ...real,
    ftruncateSync: deadly(real.ftruncateSync),
    truncateSync: deadly(real.truncateSync),
    renameSync: deadly(real.renameSync),
    rmSync: deadly(real.rmSync),
    mkdirSync: deadly(real.mkdirSync),
    writeFileSync: deadly(real.writeFileSync),
    writeSync: (fd: number, bytes: Uint8Array, from: number, count: number, at: number) => {
      if (!dies()) return real.writeSync(fd, bytes, from, count, at);
      // Half of what it is killed by still happens.
      if (left === -1) real.writeSync(fd, bytes, from, count >>> 1, at);
      throw new Killed();
    },
  };
});

/** Topics and what a reader may find in them: what was there before the step that was not finished, or after it. */
type Model = Map<string, string[]>;

/** One life of a server, which ends without a farewell. What it does is decided by `seed`, the same way each time. */
function live(storage: DataFolder, seed: number, model: Model): void {
  let state = seed;
  const random = (most: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % most;
  };
  const topics = new Map<string, Topic>(storage.open().map((topic) => [topic.name, topic]));
  let id = Math.max(0, ...[...topics.values()].map((topic) => topic.id));
  /** Before the step, its outcomes; then only the last one. */
  const step = (name: string, outcomes: string[], act: () => void): void => {
    model.set(name, [...(model.get(name) ?? []), ...outcomes]);
    act();
    model.set(name, outcomes.slice(-1));
  };
  for (let i = 0; i < 30; i++) {
    const name = `topic-${random(2)}`;
    const [now = ''] = model.get(name) ?? [];
    const topic = topics.get(name);
    const what = random(12);
    if (topic === undefined) {
      // A topic that is half made is not there, which is the same as one without data.
      step(name, [''], () => topics.set(name, storage.create(++id, name, 0, undefined)));
    } else if (what < 8) {
      const payloads = Array.from({ length: 1 + random(3) }, () =>
        String.fromCharCode(97 + random(26)).repeat(random(600)),
      );
      step(
        name,
        payloads.map((_, n) => now + payloads.slice(0, n + 1).join('')),
        () => {
          let end = 0;
          for (const payload of payloads) end = topic.log.append(Buffer.from(payload));
          topic.log.reveal(end);
        },
      );
    } else if (what === 8) {
      const count = random(now.length + 1);
      // Whole files go, one after the other.
      step(name, [...Array.from({ length: count }, (_, n) => now.slice(n)), now.slice(count)], () =>
        topic.log.trimHead(count),
      );
    } else if (what === 9) {
      const length = random(now.length + 1);
      step(name, [now.slice(0, length)], () => topic.log.truncate(length));
    } else if (what === 10) {
      topic.log.roll();
    } else {
      step(name, [''], () => {
        storage.delete(topic);
        topics.delete(name);
      });
    }
  }
}

const newStorage = (path: string): DataFolder => new DataFolder(path, 1024, false);

function contents(path: string): Map<string, string> {
  const storage = newStorage(path);
  const found = new Map<string, string>();
  for (const { name, log } of storage.open()) {
    const bytes = Buffer.alloc(log.length);
    copyFrom(log, 0, bytes.length, bytes);
    found.set(name, bytes.toString());
  }
  storage.close();
  return found;
}

/** The folder as a life leaves it that is killed when it has made so many changes, and what may be in it then. */
function lived(path: string, seed: number, model: Model, changes: number): { left: string; killed: boolean } {
  const storage = newStorage(path);
  left = changes;
  try {
    live(storage, seed, model);
  } catch (error) {
    if (left >= 0) throw error;
  }
  const killed = left < 0;
  left = Number.POSITIVE_INFINITY;
  const copy = join(newFolder(), 'copy');
  cpSync(path, copy, { recursive: true });
  storage.close();
  return { left: copy, killed };
}

function expectOneOf(model: Model, found: ReadonlyMap<string, string>): void {
  for (const [name, outcomes] of model) expect(outcomes).toContain(found.get(name) ?? '');
}

it.each([2, 3])('loses nothing and shows nothing half, wherever it is killed (%d)', (seed) => {
  let changes = 0;
  for (let killed = true; killed; changes++) {
    const model: Model = new Map();
    const first = lived(newFolder(), seed, model, changes);
    killed = first.killed;
    const found = contents(first.left);
    expectOneOf(model, found);
    // What was found stays, and the next life goes on with it.
    expect(contents(first.left)).toEqual(found);
    const next: Model = new Map(Array.from(found, ([name, text]) => [name, [text]]));
    expectOneOf(next, contents(lived(first.left, seed + 100, next, Number.POSITIVE_INFINITY).left));
  }
  expect(changes).toBeGreaterThan(40);
});
