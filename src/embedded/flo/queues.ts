import { clock } from '../../foundation/clock.js';
import { Heap } from './heap.js';
import { isDueBefore, type Message } from './message.js';
import { MessageQueue, type QueueRules, type QueueTally } from './message-queue.js';

/** The queues of all namespaces by their qualified names, and the time that passes for all of them. */
export class Queues {
  readonly #rules: QueueRules;
  readonly #tally: QueueTally;
  readonly #queues = new Map<string, MessageQueue>();
  readonly #timetable = new Heap<Message>(isDueBefore);

  constructor(rules: QueueRules, tally: QueueTally) {
    this.#rules = rules;
    this.#tally = tally;
  }

  get(name: string): MessageQueue | undefined {
    return this.#queues.get(name);
  }

  /** Queues come into being with their first message. */
  make(name: string): MessageQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new MessageQueue(name, this.#rules, this.#timetable, this.#tally);
    this.#queues.set(name, queue);
    return queue;
  }

  /** When the next delay or lease is over; undefined if none is running. */
  get nextDueMs(): number | undefined {
    return this.#timetable.first?.dueMs;
  }

  /** Lets all delays and leases end whose time has come. Returns the queues that they belong to. */
  advance(): Iterable<MessageQueue> {
    const now = clock.now();
    const touched = new Set<MessageQueue>();
    for (let next = this.#timetable.first; next !== undefined && next.dueMs <= now; next = this.#timetable.first) {
      this.#timetable.remove(next);
      next.queue.fallDue(next);
      touched.add(next.queue);
    }
    return touched;
  }
}
