import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { Alarm } from '../../../src/embedded/flo/alarm.js';
import { FloCore } from '../../../src/embedded/flo/core.js';
import { clock } from '../../../src/foundation/clock.js';
import { marbles } from '../../../src/testing.js';
import { bytes } from './peer.js';
import { RecordingEnd } from './recording-end.js';

const codec = codecFor('v1-32');
const queue = bytes('jobs');
const id = { low: 1, high: 0 };
const { kv, queue: queues } = codec;
const put = codec.requestFrame(
  id,
  kv.put.opcode,
  kv.put.encodeRequest('', { key: queue, value: queue, ttlMs: 60_000 }),
);
const lease = codec.requestFrame(id, queues.dequeue.opcode, queues.dequeue.encodeRequest('', { queue, count: 1 }));
const delayed = { queue, payload: queue, delayMs: 60_000 };
const later = codec.requestFrame(id, queues.enqueue.opcode, queues.enqueue.encodeRequest('', delayed));
const waiting = { queue, count: 1, blockMs: 500 };
const poll = codec.requestFrame(id, queues.dequeue.opcode, queues.dequeue.encodeRequest('', waiting));

/** How many timers are running, by all that has been armed since. */
function running(): () => number {
  let count = 0;
  const after = clock.after;
  jest.spyOn(clock, 'after').mockImplementation((delayMs, then) => {
    count++;
    let over = false;
    const ended = (): void => {
      if (!over) count--;
      over = true;
    };
    const timer = after(delayMs, () => {
      ended();
      then();
    });
    timer.add(ended);
    return timer;
  });
  return () => count;
}

afterEach(() => jest.restoreAllMocks());

it('runs no timer for keys, leases and delays as long as nobody waits, and one however many do', () => {
  marbles(function* () {
    const timers = running();
    const core = new FloCore();
    const events = core.accept(new RecordingEnd());
    core.enqueue('default\0jobs', queue, {});
    events.received(Buffer.concat([put, lease, later]));
    expect(core.queues.get('default\0jobs')).toMatchObject({ ready: 0, delayed: 1, leased: 1 });
    expect(timers()).toBe(0);
    events.received(Buffer.concat([poll, poll, poll]));
    expect(timers()).toBe(1);
    yield 600;
    expect([core.parking.size, timers()]).toEqual([0, 0]);
    events.received(Buffer.concat([poll, poll]));
    core.enqueue('default\0jobs', queue, {});
    core.enqueue('default\0jobs', queue, {});
    core.setAlarm();
    expect([core.parking.size, timers()]).toEqual([0, 0]);
    events.received(poll);
    events.closed();
    expect(timers()).toBe(0);
  });
});

it('runs no timer for a late answer to a connection that was dropped before it was given', () => {
  marbles(function* () {
    const timers = running();
    const core = new FloCore();
    core.faults.dropBeforeNextAnswers(1, 'queue.dequeue');
    core.faults.delayNextAnswers(1, 60_000, 'queue.enqueue');
    const end = new RecordingEnd();
    const events = core.accept(end);
    const now = codec.requestFrame(
      id,
      queues.enqueue.opcode,
      queues.enqueue.encodeRequest('', { queue, payload: queue }),
    );
    // Its own poll is answered first, and drops the connection.
    events.received(Buffer.concat([poll, now]));
    expect(end.log).toEqual(['destroy']);
    expect(timers()).toBe(0);
    yield 0;
  });
});

describe('Alarm', () => {
  it('rings no later than it is told, once', () => {
    marbles(function* () {
      const rings: number[] = [];
      const alarm = new Alarm(() => rings.push(clock.now()));
      alarm.set(50);
      alarm.set(20);
      yield 100;
      expect(rings).toEqual([20]);
      expect(alarm.armed).toBe(false);
      alarm.set(150);
      alarm.set(undefined);
      alarm.set(90);
      yield 100;
      expect(rings).toEqual([20, 100]);
    });
  });

  it('asks no timer for more than it can hold', () => {
    marbles(function* () {
      const after = jest.spyOn(clock, 'after');
      const alarm = new Alarm(() => {});
      alarm.set(2 ** 40);
      expect(after).toHaveBeenLastCalledWith(2 ** 31 - 1, expect.anything());
      alarm.set(undefined);
      yield 0;
    });
  });
});
