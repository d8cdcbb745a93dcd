import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { DataDirInUseError, StorageError } from '../../../src/embedded/errors.js';
import { DataFolder } from '../../../src/embedded/lance/storage/data-folder.js';
import { copyFrom } from '../../../src/embedded/lance/storage/topic-log.js';
import type { LanceRecovery, Topic } from '../../../src/embedded/lance/storage/topic-storage.js';
import { lockFiles, newFolder } from './folders.js';

const GIB = 1024 ** 3;
/** So small that a few payloads fill it. */
const SMALL = 1024;

const opened: DataFolder[] = [];
afterEach(() => {
  for (const storage of opened.splice(0)) storage.close();
});

interface Opened {
  readonly path: string;
  readonly storage: DataFolder;
  readonly topics: Topic[];
  readonly recovery: LanceRecovery | undefined;
}

function open(path: string, segmentBytes = GIB): Opened {
  const storage = new DataFolder(path, segmentBytes, false);
  opened.push(storage);
  const topics = storage.open();
  return { path, storage, topics, recovery: storage.recovery };
}

/** What is left if the process is killed now: nothing is closed. */
function killed({ path }: Opened): string {
  const copy = join(newFolder(), 'copy');
  cpSync(path, copy, { recursive: true });
  return copy;
}

function put({ log }: Topic, ...texts: string[]): void {
  for (const text of texts) log.reveal(log.append(Buffer.from(text)));
}

function text({ log }: Topic): string {
  const bytes = Buffer.alloc(log.length);
  copyFrom(log, 0, bytes.length, bytes);
  return bytes.toString();
}

const filesOf = (path: string, id: number): string[] => readdirSync(join(path, 'topics', String(id))).sort();
const dataOf = (path: string, id: number, number = 1): string =>
  join(path, 'topics', String(id), `${String(number).padStart(10, '0')}.data`);

it('finds topics again with all that is known of them', () => {
  const first = open(newFolder());
  const retention = { maxAgeSecs: 2n ** 64n - 1n, maxBytes: 9_007_199_254_740_993n };
  put(first.storage.create(1, 'events', 1_700_000_000, undefined), 'abc', 'def');
  first.storage.create(7, 'my_others', 1_700_000_001, retention);
  first.storage.close();
  const { topics, recovery, path } = open(first.path);
  expect(topics).toMatchObject([
    { id: 1, name: 'events', createdAtSecs: 1_700_000_000, retention: undefined },
    { id: 7, name: 'my_others', createdAtSecs: 1_700_000_001, retention },
  ]);
  expect(topics.map(text)).toEqual(['abcdef', '']);
  expect(recovery).toEqual({ path, topics: 2, bytes: 6, cutBytes: 0 });
});

it('keeps payloads in files as they were sent', () => {
  const { storage, path } = open(newFolder());
  put(storage.create(1, 'events', 0, undefined), 'abc', 'def');
  expect(readFileSync(dataOf(path, 1), 'utf8')).toBe('abcdef');
});

it('keeps what was revealed and nothing else, if it is killed', () => {
  const running = open(newFolder());
  const topic = running.storage.create(1, 'events', 0, undefined);
  put(topic, 'abc', 'def');
  topic.log.append(Buffer.from('not acknowledged'));
  const { topics, recovery } = open(killed(running));
  expect(topics.map(text)).toEqual(['abcdef']);
  expect(recovery).toMatchObject({ bytes: 6, cutBytes: 16 });
});

it('keeps what is whole and stands before what was revealed: others may have revealed more', () => {
  const running = open(newFolder());
  const { log } = running.storage.create(1, 'events', 0, undefined);
  const [one, two] = [log.append(Buffer.from('one')), log.append(Buffer.from('two'))];
  log.reveal(two);
  log.reveal(one);
  expect(log.length).toBe(6);
  expect(open(killed(running)).topics.map(text)).toEqual(['onetwo']);
});

it('cuts what a killed process has half written', () => {
  const running = open(newFolder());
  put(running.storage.create(1, 'events', 0, undefined), 'abc');
  const path = killed(running);
  appendFileSync(dataOf(path, 1), 'torn');
  const again = open(path);
  expect(again.topics.map(text)).toEqual(['abc']);
  put(again.topics[0]!, 'def');
  expect(open(killed(again)).topics.map(text)).toEqual(['abcdef']);
});

it('cuts what stands in segments behind the last acknowledged one', () => {
  const running = open(newFolder(), SMALL);
  const { log } = running.storage.create(1, 'events', 0, undefined);
  log.reveal(log.append(Buffer.alloc(1000, 'a')));
  log.append(Buffer.alloc(1000, 'b'));
  log.append(Buffer.alloc(1000, 'c'));
  expect(filesOf(running.path, 1)).toHaveLength(3 + 2);
  const { topics, recovery, path } = open(killed(running));
  expect(topics.map(text)).toEqual(['a'.repeat(1000)]);
  expect(recovery?.cutBytes).toBe(2000);
  expect(filesOf(path, 1)).toHaveLength(1 + 2);
});

it('goes back to the end before, if what came last is not what was noted', () => {
  const running = open(newFolder());
  put(running.storage.create(1, 'events', 0, undefined), 'abc', 'def');
  const path = killed(running);
  writeFileSync(dataOf(path, 1), 'abcdxf');
  expect(open(path).topics.map(text)).toEqual(['abc']);
});

it('bears a slot of the journal that is torn', () => {
  const running = open(newFolder());
  put(running.storage.create(1, 'events', 0, undefined), 'abc', 'def');
  const path = killed(running);
  const ends = join(path, 'topics', '1', 'ends');
  const bytes = readFileSync(ends);
  // Topics begin with slot 1.
  bytes[3 * 40 + 20] = 99;
  writeFileSync(ends, bytes);
  expect(open(path).topics.map(text)).toEqual(['abc']);
});

it('keeps everything if the journal is lost', () => {
  const running = open(newFolder());
  put(running.storage.create(1, 'events', 0, undefined), 'abc', 'def');
  const path = killed(running);
  rmSync(join(path, 'topics', '1', 'ends'));
  expect(open(path).topics.map(text)).toEqual(['abcdef']);
});

it('notes more ends than its journal has room for', () => {
  const running = open(newFolder(), SMALL);
  const topic = running.storage.create(1, 'events', 0, undefined);
  const texts = Array.from({ length: 500 }, (_, i) => `payload ${i};`);
  put(topic, ...texts);
  expect(text(open(killed(running), SMALL).topics[0]!)).toBe(texts.join(''));
});

it('begins a new segment after a restart, as the genuine server does', () => {
  const running = open(newFolder());
  put(running.storage.create(1, 'events', 0, undefined), 'abc');
  const again = open(killed(running));
  expect(again.topics[0]!.log.closed).toEqual([{ bytes: 3, closedAtMs: expect.any(Number) as number }]);
  put(again.topics[0]!, 'def');
  expect(filesOf(again.path, 1)).toEqual(['0000000001.data', '0000000002.data', 'ends', 'topic.json']);
});

it('remembers what was trimmed, and deletes files that nobody needs any more', () => {
  const running = open(newFolder(), SMALL);
  const topic = running.storage.create(1, 'events', 0, undefined);
  for (let i = 0; i < 5; i++) put(topic, String(i).repeat(1000));
  topic.log.trimHead(2500);
  expect(filesOf(running.path, 1)).toHaveLength(3 + 2);
  expect(text(open(killed(running)).topics[0]!)).toBe('2'.repeat(500) + '3'.repeat(1000) + '4'.repeat(1000));
  topic.log.trimHead(2500);
  put(topic, 'new');
  expect(open(killed(running)).topics.map(text)).toEqual(['new']);
});

it('never uses the number of a segment again', () => {
  const running = open(newFolder(), SMALL);
  const topic = running.storage.create(1, 'events', 0, undefined);
  for (let i = 0; i < 3; i++) put(topic, String(i).repeat(1000));
  topic.log.roll();
  topic.log.trimHead(3000);
  expect(filesOf(running.path, 1)).toEqual(['ends', 'topic.json']);
  const again = open(killed(running));
  again.topics[0]!.log.append(Buffer.from('not acknowledged'));
  expect(filesOf(again.path, 1)[0]).toBe('0000000004.data');
  expect(open(killed(again)).topics.map(text)).toEqual(['']);
});

it('remembers what was cut off on purpose', () => {
  const running = open(newFolder());
  const topic = running.storage.create(1, 'events', 0, undefined);
  put(topic, 'abcdef');
  topic.log.truncate(2);
  expect(open(killed(running)).topics.map(text)).toEqual(['ab']);
  put(topic, 'xyz');
  expect(open(killed(running)).topics.map(text)).toEqual(['abxyz']);
  topic.log.truncate(0);
  expect(open(killed(running)).topics.map(text)).toEqual(['']);
});

it('deletes topics; what a killed process was making or deleting is cleared away', () => {
  const running = open(newFolder());
  const topic = running.storage.create(1, 'events', 0, undefined);
  put(topic, 'abc');
  running.storage.delete(topic);
  topic.log.reveal(topic.log.append(Buffer.from('late')));
  expect(readdirSync(join(running.path, 'topics'))).toEqual([]);
  for (const name of ['2.new', '3.gone']) mkdirSync(join(running.path, 'topics', name));
  const { topics, path } = open(killed(running));
  expect(topics).toEqual([]);
  expect(readdirSync(join(path, 'topics'))).toEqual([]);
});

it('has few files open, however many topics there are', () => {
  const { storage } = open(newFolder());
  const before = readdirSync('/proc/self/fd').length;
  const topics = Array.from({ length: 300 }, (_, i) => storage.create(i + 1, `topic-${i}`, 0, undefined));
  for (const topic of topics) put(topic, `of ${topic.name}`);
  expect(readdirSync('/proc/self/fd').length - before).toBeLessThan(140);
  expect(topics.map(text)).toEqual(topics.map(({ name }) => `of ${name}`));
  storage.close();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
});

describe('refuses', () => {
  it('a folder that holds something else, and leaves it as it is', () => {
    const path = newFolder();
    writeFileSync(join(path, 'thesis.txt'), 'x');
    expect(() => open(path)).toThrow(StorageError);
    expect(() => open(path)).toThrow(`${path} holds something else than the data of an embedded Lance server`);
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });

  it('a folder that is in use, until it no longer is', () => {
    const { path, storage } = open(newFolder());
    expect(() => open(path)).toThrow(DataDirInUseError);
    expect(() => open(path)).toThrow(`${path} is in use by the server in process ${process.pid}`);
    storage.close();
    expect(lockFiles(path)).toEqual([]);
    open(path);
  });

  it('what another process uses; not what one left behind whose number was given to another', () => {
    const { path, storage } = open(newFolder());
    storage.close();
    const start = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
    const other = join(path, `lock-${process.ppid}-${start}`);
    writeFileSync(other, '');
    expect(() => open(path)).toThrow(`is in use by the server in process ${process.ppid}`);
    expect(lockFiles(path)).toEqual([basename(other)]);
    rmSync(other);
    writeFileSync(join(path, `lock-${process.ppid}-1`), '');
    open(path);
    expect(lockFiles(path)).toEqual([expect.stringContaining(`lock-${process.pid}-`)]);
  });

  it.each([
    ['what is no JSON', '{'],
    ['null', 'null'],
    ['no name', '{"id":1,"createdAt":0}'],
    ['retention in numbers', '{"id":1,"name":"a","createdAt":0,"retention":{"maxAgeSecs":"x","maxBytes":"1"}}'],
    ['a negative head', '{"id":1,"name":"a","createdAt":0,"head":{"segment":1,"skipped":-1}}'],
  ])('a topic that is described by %s', (_, json) => {
    const { path, storage } = open(newFolder());
    storage.create(1, 'events', 0, undefined);
    storage.close();
    writeFileSync(join(path, 'topics', '1', 'topic.json'), json);
    expect(() => open(path)).toThrow(StorageError);
    expect(lockFiles(path)).toEqual([]);
  });

  it('to give out what is no longer there', () => {
    const { path, storage } = open(newFolder());
    const topic = storage.create(1, 'events', 0, undefined);
    put(topic, 'abc');
    writeFileSync(dataOf(path, 1), 'a');
    expect(() => text(topic)).toThrow(/: it ends at byte 1, where there should be more$/);
  });
});

type Act =
  | { readonly kind: 'put' | 'append'; readonly size: number }
  | { readonly kind: 'trim' | 'truncate'; readonly part: number }
  | { readonly kind: 'kill'; readonly torn: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put', 'append'), size: fc.nat(700) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('trim', 'truncate'),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill'), torn: fc.nat(20) }) },
);

it('is what was revealed and not forgotten, whatever is done to it and however often it is killed', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      let at = open(newFolder(), SMALL);
      let topic = at.storage.create(1, 'events', 0, undefined);
      let [visible, hidden] = ['', ''];
      let next = 0;
      for (const each of acts) {
        if (each.kind === 'kill') {
          const path = killed(at);
          at.storage.close();
          const newest = filesOf(path, 1)
            .filter((name) => name.endsWith('.data'))
            .at(-1);
          if (newest !== undefined) appendFileSync(join(path, 'topics', '1', newest), 'x'.repeat(each.torn));
          at = open(path, SMALL);
          topic = at.topics[0]!;
          hidden = '';
        } else if ('size' in each) {
          const payload = String.fromCharCode(97 + (next++ % 26)).repeat(each.size);
          const end = topic.log.append(Buffer.from(payload));
          hidden += payload;
          if (each.kind === 'append') continue;
          topic.log.reveal(end);
          visible += hidden;
          hidden = '';
        } else {
          const cut = Math.floor(visible.length * each.part);
          if (each.kind === 'trim') topic.log.trimHead(cut);
          else topic.log.truncate(cut);
          visible = each.kind === 'trim' ? visible.slice(cut) : visible.slice(0, cut);
          if (each.kind === 'truncate') hidden = '';
        }
        if (text(topic) !== visible) return false;
      }
      return true;
    }),
    { numRuns: 100 },
  );
});
