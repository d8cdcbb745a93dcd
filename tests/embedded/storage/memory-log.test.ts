import fc from 'fast-check';
import { StorageError } from '../../../src/embedded/errors.js';
import { MemoryBudget } from '../../../src/embedded/lance/storage/memory-budget.js';
import { MemoryLog } from '../../../src/embedded/lance/storage/memory-log.js';
import { SpillFile } from '../../../src/embedded/lance/storage/spill-file.js';
import { copyFrom, type TopicLog } from '../../../src/embedded/lance/storage/topic-log.js';

const KEPT_FROM = 64 * 1024;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

function contents(log: TopicLog, start = 0, count = log.length - start): Buffer {
  const bytes = Buffer.alloc(count);
  copyFrom(log, start, count, bytes);
  return bytes;
}

const unbounded = (): MemoryBudget => new MemoryBudget(Number.POSITIVE_INFINITY, () => new SpillFile());
const newLog = (budget = unbounded(), segmentBytes = GIB): MemoryLog => new MemoryLog(budget, segmentBytes);

it('gives back what was put in, across pieces', () => {
  const log = newLog();
  const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(100, i));
  for (const piece of pieces) log.reveal(log.append(piece));
  expect(log.length).toBe(300_000);
  expect(contents(log).equals(Buffer.concat(pieces))).toBe(true);
  expect(contents(log, 65_500, 100).equals(Buffer.concat(pieces).subarray(65_500, 65_600))).toBe(true);
});

it('hides what has not been revealed', () => {
  const log = newLog();
  const first = log.append(Buffer.from('one'));
  const second = log.append(Buffer.from('two'));
  expect(log.length).toBe(0);
  log.reveal(first);
  expect(log.length).toBe(3);
  log.reveal(second);
  log.reveal(first);
  expect(log.length).toBe(6);
});

it('copies what is small and keeps large pieces', () => {
  const log = newLog();
  const small = Buffer.from('small');
  const large = Buffer.alloc(KEPT_FROM, 'a');
  log.append(small);
  log.append(large);
  log.reveal(log.append(Buffer.from('end')));
  small.fill('x');
  large[0] = 'b'.charCodeAt(0);
  expect(contents(log, 0, 7).toString()).toBe('smallba');
  expect(contents(log, 5 + KEPT_FROM).toString()).toBe('end');
});

it('keeps large pieces also where there is room to copy them to', () => {
  const budget = unbounded();
  const log = newLog(budget);
  // Chunks grow as the log does.
  for (let i = 0; i < 3000; i++) log.append(Buffer.alloc(1000));
  const large = Buffer.alloc(KEPT_FROM, 'a');
  const end = log.append(large);
  log.reveal(end);
  large.fill('b');
  expect(contents(log, end - KEPT_FROM).every((byte) => byte === 'b'.charCodeAt(0))).toBe(true);
});

it('never writes into a piece that it keeps', () => {
  const log = newLog();
  const large = Buffer.alloc(KEPT_FROM, 'a');
  log.append(large);
  log.reveal(log.append(Buffer.from('end')));
  log.truncate(10);
  log.reveal(log.append(Buffer.from('bbb')));
  expect(contents(log).toString()).toBe('aaaaaaaaaabbb');
  expect(large.every((byte) => byte === 'a'.charCodeAt(0))).toBe(true);
});

it('never changes a slice that it gave out', () => {
  const log = newLog();
  log.reveal(log.append(Buffer.from('abcdef')));
  const [slice] = log.slices(1, 4);
  log.truncate(2);
  log.reveal(log.append(Buffer.from('xyz')));
  log.trimHead(5);
  log.reveal(log.append(Buffer.from('123456')));
  expect(Buffer.from(slice ?? []).toString()).toBe('bcde');
});

it('stays cheap when large and small pieces alternate', () => {
  const budget = unbounded();
  const log = newLog(budget);
  const large = Buffer.alloc(KEPT_FROM);
  for (let i = 0; i < 2000; i++) {
    log.append(large);
    log.append(Buffer.from('tiny'));
  }
  // The large piece counts again and again here, being put behind something else each time.
  expect(budget.bytes - 2000 * KEPT_FROM).toBeLessThan(2 * MIB);
});

describe('memory', () => {
  it('is not taken by the same piece again', () => {
    const budget = unbounded();
    const log = newLog(budget);
    const piece = Buffer.allocUnsafeSlow(MIB);
    for (let i = 0; i < 2000; i++) log.reveal(log.append(piece));
    expect([log.length, budget.bytes]).toEqual([2000 * MIB, MIB]);
  });

  it('counts what a piece keeps alive, not what it shows of it', () => {
    const budget = unbounded();
    newLog(budget).append(Buffer.allocUnsafeSlow(MIB).subarray(0, KEPT_FROM));
    expect(budget.bytes).toBe(MIB);
  });

  it('stays within its bound, whatever comes and however it is mixed', () => {
    const budget = new MemoryBudget(4 * MIB, () => new SpillFile());
    const logs = Array.from({ length: 20 }, () => newLog(budget));
    for (let i = 0; i < 3000; i++) {
      const size = i % 3 === 0 ? KEPT_FROM + (i % 7) : 1 + ((i * 37) % 3000);
      const log = logs[i % logs.length]!;
      log.reveal(log.append(Buffer.allocUnsafeSlow(size).fill(i)));
      expect(budget.bytes).toBeLessThanOrEqual(4 * MIB + MIB);
    }
    expect(budget.spill.bytes).toBeGreaterThan(50 * MIB);
  });

  it('is given back with the topics, and so is the disk', () => {
    const budget = new MemoryBudget(2 * MIB, () => new SpillFile());
    const logs = Array.from({ length: 4 }, () => newLog(budget));
    for (let i = 0; i < 400; i++) {
      for (const log of logs) log.reveal(log.append(Buffer.allocUnsafeSlow(i % 2 === 0 ? 20_000 : 70_000)));
    }
    expect(budget.spill.bytes).toBeGreaterThan(10 * MIB);
    for (const log of logs) log.dispose();
    expect([budget.bytes, budget.spill.bytes]).toEqual([0, 0]);
  });

  it('is not taken by the memory of topics that are gone', () => {
    const budget = new MemoryBudget(64 * MIB, () => new SpillFile());
    const log = newLog(budget);
    const piece = (): Buffer => Buffer.allocUnsafeSlow(KEPT_FROM);
    for (let i = 0; i < 20_000; i++) {
      log.reveal(log.append(piece()));
      log.trimHead(log.length);
    }
    expect(budget.entries).toBeLessThan(5000);
  });

  it('that can not be made free is no reason to lose anything: what comes is refused, what is there stays', () => {
    let full = true;
    const budget = new MemoryBudget(MIB, () => {
      const spill = new SpillFile();
      const write = spill.write.bind(spill);
      spill.write = (bytes) => {
        if (full) throw new StorageError('no space left on device');
        return write(bytes);
      };
      return spill;
    });
    const log = newLog(budget);
    const piece = (letter: string): Buffer => Buffer.allocUnsafeSlow(MIB / 2).fill(letter);
    for (const letter of 'ab') log.reveal(log.append(piece(letter)));
    for (const refused of [piece('c'), Buffer.alloc(1000, 'c')])
      expect(() => log.append(refused)).toThrow(StorageError);
    expect([log.length, budget.bytes]).toEqual([MIB, MIB]);
    full = false;
    log.reveal(log.append(piece('d')));
    const letters = contents(log).toString();
    expect(letters.replaceAll(/(.)\1+/g, '$1')).toBe('abd');
  });

  it('uses the disk again that retention has freed', () => {
    const budget = new MemoryBudget(MIB, () => new SpillFile());
    const log = newLog(budget);
    for (let i = 0; i < 1000; i++) {
      log.reveal(log.append(Buffer.allocUnsafeSlow(KEPT_FROM).fill(i)));
      log.trimHead(Math.max(0, log.length - 2 * MIB));
    }
    expect(budget.spill.bytes).toBeLessThan(4 * MIB);
  });
});

type Act = { readonly kind: 'append'; readonly size: number } | Cut;
type Cut = { readonly kind: 'trim' | 'truncate'; readonly part: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    size: fc.oneof(fc.nat(300), fc.integer({ min: KEPT_FROM - 2, max: KEPT_FROM + 2 }), fc.nat(300_000)),
  }),
  fc.record({
    kind: fc.constantFrom('trim' as const, 'truncate' as const),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

it.each([Number.POSITIVE_INFINITY, 500_000, 100_000, 0])(
  'behaves like one long string, whatever is appended, trimmed and cut, with %d bytes of memory',
  (memoryBytes) => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), fc.nat(), (acts, seed) => {
        const budget = new MemoryBudget(memoryBytes, () => new SpillFile());
        const log = newLog(budget);
        let model = Buffer.alloc(0);
        let next = seed;
        for (const each of acts) {
          if ('size' in each) {
            const bytes = Buffer.alloc(each.size, next++ & 255);
            log.reveal(log.append(bytes));
            model = Buffer.concat([model, bytes]);
          } else {
            const at = Math.floor(model.length * each.part);
            if (each.kind === 'trim') log.trimHead(at);
            else log.truncate(at);
            model = each.kind === 'trim' ? model.subarray(at) : model.subarray(0, at);
          }
          const from = Math.floor(model.length / 3);
          if (log.length !== model.length || !contents(log, from).equals(model.subarray(from))) return false;
        }
        const same = contents(log).equals(model);
        log.dispose();
        return same && budget.bytes === 0;
      }),
      { numRuns: 150 },
    );
  },
);
