import type { Socket } from 'node:net';
import { Collection } from './collection.js';
import type { Digest } from './digest.js';
import { PreparedFrames } from './frames.js';
import { SyntheticTopic, type TopicPlan } from './synthetic-topic.js';

/** A topic, its prepared frames, and how much of it has been given to sockets. */
export class ServedTopic {
  readonly id: number;
  readonly name: string;
  readonly end: number;
  /** Bytes of the topic handed to sockets; headers are not counted. */
  sentBytes = 0;
  /** What is written to it, while somebody wants to know. */
  collection: Collection | undefined;
  private readonly delayMs: number;
  private readonly source: SyntheticTopic;
  private readonly frames: PreparedFrames;

  constructor(plan: TopicPlan, fetchBytes: number) {
    this.source = new SyntheticTopic(plan);
    this.id = plan.id;
    this.name = plan.name;
    this.end = this.source.end;
    this.delayMs = plan.delayMs ?? 0;
    this.frames = new PreparedFrames(this.source);
    this.frames.warm(fetchBytes);
  }

  /** Writes one data frame, after the delay that the topic has. */
  answer(socket: Socket, position: number, length: number): void {
    if (this.delayMs === 0) this.send(socket, position, length);
    // Timers of the same length keep their order.
    else setTimeout(() => this.send(socket, position, length), this.delayMs);
  }

  /** Writes one data frame; `sent` is called when the kernel has all of it. */
  send(socket: Socket, position: number, length: number, sent?: () => void): void {
    const frame = this.frames.at(position, length);
    frame.busy = true;
    this.sentBytes += length;
    socket.write(frame.bytes, () => {
      frame.busy = false;
      sent?.();
    });
  }

  /** From now on what is written is looked at. */
  collect(): void {
    this.collection = new Collection();
  }

  /** What was written since; from now on it is only counted. */
  collected(): Digest | undefined {
    const { collection } = this;
    this.collection = undefined;
    return collection?.digest;
  }

  digest(records: number): Digest {
    return this.source.digest(records);
  }
}
