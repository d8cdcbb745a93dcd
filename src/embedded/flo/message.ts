import type { Heap, Placed } from './heap.js';
import type { MessageQueue } from './message-queue.js';

/** A message in a queue: ready, or waiting for the time when it becomes so again; leased ones wait too. */
export class Message implements Placed {
  place = -1;
  state: 'ready' | 'delayed' | 'leased' = 'ready';
  deliveryCount = 0;
  /** When its delay or its lease is over. */
  dueMs = 0;
  /** How long the present lease was asked for. */
  leaseMs = 0;

  constructor(
    readonly queue: MessageQueue,
    readonly seq: bigint,
    readonly payload: Uint8Array,
    readonly priority: number,
    readonly enqueuedAtMs: number,
    readonly dedupKey: string | undefined,
  ) {}
}

/** The messages of all queues whose delay or lease is running, the next one first. */
export type Timetable = Heap<Message>;

/** Lower priority numbers go first, then who came first (flo.md 4.3.1). */
export function goesBefore(one: Message, other: Message): boolean {
  return one.priority === other.priority ? one.seq < other.seq : one.priority < other.priority;
}

/** Order of a {@link Timetable}. */
export function isDueBefore(one: Message, other: Message): boolean {
  return one.dueMs === other.dueMs ? one.seq < other.seq : one.dueMs < other.dueMs;
}
