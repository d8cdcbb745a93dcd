import fc from 'fast-check';
import { TopicLog } from '../../src/embedded/lance/topic-log.js';

const KEPT_FROM = 64 * 1024;

function contents(log: TopicLog, start = 0, count = log.length - start): Buffer {
  const bytes = Buffer.alloc(count);
  log.copy(start, count, bytes, 0);
  return bytes;
}

it('gives back what was put in, across pieces', () => {
  const log = new TopicLog();
  const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(100, i));
  for (const piece of pieces) log.reveal(log.append(piece));
  expect(log.length).toBe(300_000);
  expect(contents(log).equals(Buffer.concat(pieces))).toBe(true);
  expect(contents(log, 65_500, 100).equals(Buffer.concat(pieces).subarray(65_500, 65_600))).toBe(true);
});

it('hides what has not been revealed', () => {
  const log = new TopicLog();
  const first = log.append(Buffer.from('one'));
  const second = log.append(Buffer.from('two'));
  expect(log.length).toBe(0);
  log.reveal(first);
  expect(log.length).toBe(3);
  log.reveal(second);
  log.reveal(first);
  expect(log.length).toBe(6);
});

it('copies what it appends and keeps large pieces that it adopts', () => {
  const log = new TopicLog();
  const small = Buffer.from('small');
  const large = Buffer.alloc(KEPT_FROM, 'a');
  log.adopt(small);
  log.adopt(large);
  log.reveal(log.append(Buffer.from('end')));
  small.fill('x');
  large[0] = 'b'.charCodeAt(0);
  expect(contents(log, 0, 7).toString()).toBe('smallba');
  expect(contents(log, 5 + KEPT_FROM).toString()).toBe('end');
});

it('never writes into a piece that it adopted', () => {
  const log = new TopicLog();
  const large = Buffer.alloc(KEPT_FROM, 'a');
  log.adopt(large);
  log.reveal(log.append(Buffer.from('end')));
  log.truncate(10);
  log.reveal(log.append(Buffer.from('bbb')));
  expect(contents(log).toString()).toBe('aaaaaaaaaabbb');
  expect(large.every((byte) => byte === 'a'.charCodeAt(0))).toBe(true);
});

it('never changes a slice that it gave out', () => {
  const log = new TopicLog();
  log.reveal(log.append(Buffer.from('abcdef')));
  const [slice] = log.slices(1, 4);
  log.truncate(2);
  log.reveal(log.append(Buffer.from('xyz')));
  log.trimHead(5);
  log.reveal(log.append(Buffer.from('123456')));
  expect(Buffer.from(slice ?? []).toString()).toBe('bcde');
});

it('stays cheap when large and small pieces alternate', () => {
  const log = new TopicLog();
  const large = Buffer.alloc(KEPT_FROM);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 2000; i++) {
    log.adopt(large);
    log.append(Buffer.from('tiny'));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024);
});

type Act = { readonly kind: 'append' | 'adopt'; readonly size: number } | Cut;
type Cut = { readonly kind: 'trim' | 'truncate'; readonly part: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('append' as const, 'adopt' as const),
    size: fc.oneof(fc.nat(300), fc.integer({ min: KEPT_FROM - 2, max: KEPT_FROM + 2 }), fc.nat(300_000)),
  }),
  fc.record({
    kind: fc.constantFrom('trim' as const, 'truncate' as const),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

it('behaves like one long string, whatever is appended, trimmed and cut', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), fc.nat(), (acts, seed) => {
      const log = new TopicLog();
      let model = Buffer.alloc(0);
      let next = seed;
      for (const each of acts) {
        if ('size' in each) {
          const bytes = Buffer.alloc(each.size, next++ & 255);
          log.reveal(log[each.kind](bytes));
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
      return contents(log).equals(model);
    }),
    { numRuns: 300 },
  );
});
