import { MemoryBudget } from '../../../src/embedded/lance/storage/memory-budget.js';
import { MemoryLog } from '../../../src/embedded/lance/storage/memory-log.js';
import { SpillFile } from '../../../src/embedded/lance/storage/spill-file.js';
import { copyFrom } from '../../../src/embedded/lance/storage/topic-log.js';

const MIB = 1024 * 1024;

it('topics that do not fit into memory together take no disk to speak of beside their bytes, however small the payloads', () => {
  const budget = new MemoryBudget(4 * MIB, () => new SpillFile());
  const logs = Array.from({ length: 100 }, () => new MemoryLog(budget, 1024 * MIB));
  const payload = Buffer.alloc(100, 'x');
  for (let i = 0; i < 400; i++) for (const log of logs) log.reveal(log.append(payload));
  // 4 MB of data.
  expect(budget.spill.bytes).toBeLessThan(8 * MIB);
  expect(budget.bytes).toBeLessThanOrEqual(4 * MIB);
  const bytes = Buffer.alloc(40_000);
  for (const log of logs) {
    copyFrom(log, 0, log.length, bytes);
    expect([log.length, bytes.every((byte) => byte === 120)]).toEqual([40_000, true]);
  }
});

it('the disk that was freed is used again for payloads of other sizes', () => {
  const spill = new SpillFile();
  const extents = [];
  let largest = 0;
  for (let i = 0; i < 600; i++) {
    // Of 250 sizes, each comes now and then.
    const size = MIB / 16 + ((i * 7919) % 250) * 4096;
    extents.push(spill.write(Buffer.allocUnsafeSlow(size)));
    if (extents.length > 8) spill.free(extents.shift()!);
    largest = Math.max(largest, size);
  }
  expect(spill.bytes).toBeLessThan(5 * 8 * largest);
});

it('no free stretch is lost to a write that fails', () => {
  const spill = new SpillFile();
  const [first] = [spill.write(Buffer.alloc(5000)), spill.write(Buffer.alloc(5000))];
  const { bytes } = spill;
  spill.free(first);
  expect(() => spill.write({ length: 5000 } as Uint8Array)).toThrow('sluice-lance-');
  expect(spill.write(Buffer.alloc(5000)).at).toBe(first.at);
  expect(spill.bytes).toBe(bytes);
});
