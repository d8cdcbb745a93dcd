import fc from 'fast-check';
import type { MessageQueue, QueueRules } from '../../../src/embedded/flo/message-queue.js';
import { Queues } from '../../../src/embedded/flo/queues.js';
import { runs } from '../../delivery/model/seed.js';
import { marbles, type Script } from '../../../src/testing.js';
import { QueueModel } from './queue-model.js';

const rules: QueueRules = { visibilityTimeoutMs: 40, maxDeliveries: 3, dlqCapacity: 4, dedupWindowMs: 60 };
const { title, parameters } = runs(400, 20_000);

const seqs = fc.array(fc.integer({ min: 0, max: 12 }).map(BigInt), { minLength: 1, maxLength: 5 });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      enqueue: fc.nat({ max: 30 }),
      priority: fc.nat({ max: 2 }),
      delayMs: fc.constantFrom(0, 0, 10, 50),
      dedupKey: fc.constantFrom(undefined, undefined, 'x', 'y'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      lease: fc.integer({ min: 1, max: 4 }),
      maxBytes: fc.constantFrom(40, 1000),
      leaseMs: fc.constantFrom(undefined, 15),
    }),
  },
  fc.record({ ack: seqs }),
  fc.record({ nack: seqs, toDlq: fc.boolean() }),
  fc.record({ touch: seqs }),
  fc.record({ pass: fc.nat({ max: 60 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const tally = () => ({
  enqueued: 0,
  deduplicated: 0,
  handedOut: 0,
  acked: 0,
  nacked: 0,
  leasesExpired: 0,
  deadLettered: 0,
});

it(`agrees with the documentation at every step (${title})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => marbles(() => compare(steps))),
    parameters,
  );
});

function* compare(steps: readonly Step[]): Script {
  const counted = tally();
  const queues = new Queues(rules, counted);
  const queue = queues.make('default\0jobs');
  const model = new QueueModel(rules);
  let now = 0;
  for (const each of steps) {
    if ('pass' in each) {
      now += each.pass;
      yield each.pass;
    }
    for (const touched of queues.advance()) expect(touched).toBe(queue);
    model.pass(now);
    carryOut(each, queue, model);
    expect({ ready: queue.ready, delayed: queue.delayed, leased: queue.leased }).toEqual({
      ready: model.count('ready'),
      delayed: model.count('delayed'),
      leased: model.count('leased'),
    });
    expect(queue.deadLetters.list(100).map(({ seq }) => seq)).toEqual(model.dead);
    expect(counted.enqueued).toBe(model.messages.length);
    expect(counted.acked).toBe(model.count('gone'));
    expect(counted.deadLettered).toBe(model.count('dead'));
  }
}

function carryOut(each: Step, queue: MessageQueue, model: QueueModel): void {
  if ('enqueue' in each) {
    const { enqueue, priority, delayMs, dedupKey } = each;
    const payload = new Uint8Array(enqueue);
    const seq = queue.enqueue(payload, { priority, delayMs, dedupKey });
    expect(seq).toBe(model.enqueue(enqueue, priority, delayMs, dedupKey));
  } else if ('lease' in each) {
    const { lease, maxBytes, leaseMs } = each;
    const taken = queue.lease(lease, maxBytes, leaseMs);
    const shown = taken.map(({ seq, deliveryCount }) => ({ seq, deliveries: deliveryCount }));
    expect(shown).toEqual(model.lease(lease, maxBytes, leaseMs ?? rules.visibilityTimeoutMs));
  } else if ('ack' in each) {
    queue.ack(each.ack);
    model.ack(each.ack);
  } else if ('nack' in each) {
    queue.nack(each.nack, each.toDlq);
    model.nack(each.nack, each.toDlq);
  } else if ('touch' in each) {
    queue.touch(each.touch);
    model.touch(each.touch);
  }
}

it('knows where the time is: the next message that becomes due, over all queues', () => {
  marbles(function* () {
    const queues = new Queues(rules, tally());
    const [one, other] = [queues.make('one'), queues.make('other')];
    expect(queues.nextDueMs).toBeUndefined();
    one.enqueue(new Uint8Array(1), { delayMs: 30 });
    other.enqueue(new Uint8Array(1));
    other.lease(1, 100, 20);
    expect(queues.nextDueMs).toBe(20);
    yield 20;
    expect([...queues.advance()]).toEqual([other]);
    expect(queues.nextDueMs).toBe(30);
    yield 10;
    expect([...queues.advance()]).toEqual([one]);
    expect([queues.nextDueMs, one.ready, other.ready]).toEqual([undefined, 1, 1]);
  });
});

it('forgets dedup keys in time, however many there were', () => {
  marbles(function* () {
    const queue = new Queues(rules, tally()).make('jobs');
    for (let round = 0; round < 5; round++) {
      for (let each = 0; each < 100; each++) queue.enqueue(new Uint8Array(1), { dedupKey: `${each}` });
      expect(queue.ready).toBe(100);
      const taken = queue.lease(100, 1000);
      queue.ack(taken.map(({ seq }) => seq));
      expect(queue.enqueue(new Uint8Array(1), { dedupKey: '7' })).toBe(taken[7]?.seq);
      yield rules.dedupWindowMs;
    }
  });
});
