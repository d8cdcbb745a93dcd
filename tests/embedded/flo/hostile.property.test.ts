import fc from 'fast-check';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { FloCore } from '../../../src/embedded/flo/core.js';
import type { ServerEvents } from '../../../src/transports/server-end.js';
import { runs } from '../../delivery/model/seed.js';
import { marbles, type Script } from '../../../src/testing.js';
import { bytes } from './peer.js';
import { RecordingEnd } from './recording-end.js';

const codec = codecFor('v1-32');
const queue = bytes('jobs');
const HEADER_BYTES = 32;
const POLL = { low: 7, high: 1 };
const OTHER = { low: 8, high: 0 };

const { dequeue, enqueue, nack } = codec.queue;
const poll = (blockMs: number, count: number): Uint8Array => {
  const request = { queue, count, ...(blockMs === 0 ? {} : { blockMs }) };
  return codec.requestFrame(POLL, dequeue.opcode, dequeue.encodeRequest('', request));
};
const put = codec.requestFrame(OTHER, enqueue.opcode, enqueue.encodeRequest('', { queue, payload: bytes('x') }));
const back = (seq: number): Uint8Array =>
  codec.requestFrame(OTHER, nack.opcode, nack.encodeRequest('', { queue, seqs: [BigInt(seq)] }));

const connection = fc.nat({ max: 2 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ at: connection, polls: fc.array(fc.constantFrom(0, 5, 30, 200), { maxLength: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ at: connection, puts: fc.integer({ min: 1, max: 5 }) }) },
  fc.record({ at: connection, back: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ at: connection, takes: fc.boolean() }),
  fc.record({ at: connection, leaves: fc.constantFrom('closed', 'ended') }),
  fc.record({ pass: fc.nat({ max: 40 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A connection, until it leaves and another takes its place. */
class Guest {
  readonly end = new RecordingEnd();
  readonly events: ServerEvents;
  asked = 0;

  constructor(core: FloCore) {
    this.events = core.accept(this.end);
  }

  /** The messages of all answers to polls. */
  get handed(): number {
    return this.end.written
      .filter((frame) => codec.decodeAnswerHead(frame, 0).id.high === POLL.high)
      .reduce((sum, frame) => sum + dequeue.decodeAnswer(frame.subarray(HEADER_BYTES)).length, 0);
  }

  say(...frames: readonly Uint8Array[]): void {
    this.asked += frames.length;
    this.events.received(Buffer.concat(frames));
  }
}

const scripts = runs(300, 20_000);

it.each(['documented', 'server'] as const)(
  `hands out exactly what connections that live and read are sent, whoever comes and goes: %s (${scripts.title})`,
  (semantics) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => marbles(() => live(steps, semantics))),
      scripts.parameters,
    );
  },
);

function* live(steps: readonly Step[], semantics: 'documented' | 'server'): Script {
  const core = new FloCore({ semantics, visibilityTimeoutMs: 60, maxWaiting: 6 });
  const guests = [new Guest(core), new Guest(core), new Guest(core)];
  const past: Guest[] = [];
  for (const each of steps) {
    if ('pass' in each) yield each.pass;
    else {
      const guest = guests[each.at]!;
      if ('polls' in each) guest.say(...each.polls.map((blockMs) => poll(blockMs, 3)));
      else if ('puts' in each) guest.say(...Array.from({ length: each.puts }, () => put));
      else if ('back' in each) guest.say(back(each.back));
      else if ('takes' in each) {
        guest.end.takes = each.takes;
        if (each.takes) guest.events.drained();
      } else {
        const before = guest.handed;
        guest.events[each.leaves]();
        expect(guest.handed).toBe(before);
        guests[each.at] = new Guest(core);
        past.push(guest);
      }
    }
    core.advance();
    core.setAlarm();
    const all = [...past, ...guests];
    const { enqueued, handedOut, acked, deadLettered } = core.tally.queues;
    expect(all.reduce((sum, { handed }) => sum + handed, 0)).toBe(handedOut);
    const { ready = 0, leased = 0 } = core.queues.get('default\0jobs') ?? {};
    const gone = semantics === 'server' ? handedOut : acked + deadLettered;
    expect(ready + leased + gone).toBe(enqueued);
    expect(core.parking.size).toBeLessThanOrEqual(6);
    // A message is ready only while nobody waits who could be sent it.
    const idle = guests.filter(({ end, asked }) => end.takes && end.written.length < asked);
    if (ready > 0) expect(idle).toEqual([]);
    for (const { end, asked } of all) expect(end.written.length).toBeLessThanOrEqual(asked);
  }
  for (const { events } of guests) events.closed();
  expect(core.parking.size).toBe(0);
}

const garbage = runs(300, 20_000);

it(`survives bytes of any kind in pieces of any size (${garbage.title})`, () => {
  const frame = fc.constantFrom(poll(50, 1), poll(0, 1), put, back(1));
  const spoilt = fc.tuple(frame, fc.nat(), fc.nat({ max: 255 })).map(([whole, at, byte]) => {
    const bent = Uint8Array.from(whole);
    bent[at % bent.length] = byte;
    return bent;
  });
  const traffic = fc.array(fc.oneof({ weight: 4, arbitrary: frame }, spoilt, fc.uint8Array({ maxLength: 60 })));
  fc.assert(
    fc.property(traffic, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }), (parts, sizes) =>
      marbles(function* () {
        const core = new FloCore();
        const guest = new Guest(core);
        const all = Buffer.concat(parts);
        for (let at = 0, cut = 0; at < all.length; cut++) {
          const size = sizes[cut % sizes.length]!;
          guest.events.received(all.subarray(at, at + size));
          at += size;
        }
        yield 100;
        // Bent bytes may speak another generation, and are answered in it.
        const ids = guest.end.written.map((each) => Buffer.from(each).readBigUInt64LE(8));
        expect(guest.end.written.every((each) => codec.isIntact(each, 0, each.subarray(HEADER_BYTES)))).toBe(true);
        // Once it has given up on a connection it says no more, and that it has done so is its last word.
        const last = ids.indexOf(0n);
        if (guest.end.log.includes('end')) expect(last).toBe(ids.length - 1);
        else expect(last).toBe(-1);
        expect(core.parking.size).toBe(0);
        guest.events.closed();
      }),
    ),
    garbage.parameters,
  );
});
