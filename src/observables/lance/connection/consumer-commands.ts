import type { Observable } from 'rxjs';
import { Command } from '../../../codecs/lance/commands.js';
import { ProtocolError } from '../../../codecs/lance/errors.js';
import { batchIdOf, FrameKind } from '../../../codecs/lance/header.js';
import { decodeCommitAck, decodeSubscribeAck } from '../../../codecs/lance/replies.js';
import { commitOffsetRequest, subscribeRequest, unsubscribeRequest } from '../../../codecs/lance/requests.js';
import { integerIn } from '../../../foundation/check.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { expectCommand } from '../../../transports/lance/request-session.js';
import type { Control } from './control.js';
import { u64 } from './retention.js';
import type { TopicCommands } from './topic-commands.js';
import type { TopicRef } from './topic-ref.js';

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /** From 0 to 2^64 - 1; `consumerId('name')` is the one that the other clients make of a name. */
  readonly consumerId: bigint | number;
  /** In bytes, 2^64 - 1 for the end; 0 by default, which asks for the position last committed under this id (trap T 7). */
  readonly startOffset?: bigint | number;
  /** In bytes; 1 MiB by default. Servers ignore it. */
  readonly maxBatchBytes?: number;
}

/** What the server has noted. */
export interface Subscribed {
  readonly consumerId: bigint;
  /** The position that was asked for, or for 0 the one last committed, if the server still has one. */
  readonly startOffset: bigint;
}

/** Options of `commitOffset`. */
export interface CommitOffsetOptions {
  /** From 0 to 2^64 - 1. */
  readonly consumerId: bigint | number;
  /** In bytes; servers take any. */
  readonly offset: bigint | number;
}

/** What the server has noted. */
export interface CommittedOffset {
  readonly consumerId: bigint;
  readonly offset: bigint;
}

/** Options of `unsubscribe`. */
export interface UnsubscribeOptions {
  /** From 0 to 2^64 - 1. */
  readonly consumerId: bigint | number;
}

/** The commands by which a server keeps books of consumers, in memory (lance.md 7.5, 7.6). */
export class ConsumerCommands {
  constructor(
    private readonly control: Control,
    private readonly topics: TopicCommands,
  ) {}

  subscribe(topic: TopicRef, options: SubscribeOptions): Observable<Subscribed> {
    const names = { consumerId: true, startOffset: true, maxBatchBytes: true } as const;
    const { startOffset = 0n, maxBatchBytes = 1 << 20 } = onlyKnown('subscribe', options, names);
    const consumer = u64('subscribe.consumerId', options.consumerId);
    const start = u64('subscribe.startOffset', startOffset);
    integerIn('subscribe.maxBatchBytes', maxBatchBytes, 0, 0xffff_ffff);
    return this.topics.withId(topic, (id) =>
      this.control.command(
        () => subscribeRequest(id, start, maxBatchBytes, consumer),
        (header, buffer, from, end) => {
          expectCommand(header, Command.SubscribeAck);
          const subscribed = decodeSubscribeAck(buffer, from, end);
          expectConsumer(subscribed.consumerId, consumer);
          return subscribed;
        },
      ),
    );
  }

  commitOffset(topic: TopicRef, options: CommitOffsetOptions): Observable<CommittedOffset> {
    onlyKnown('commitOffset', options, { consumerId: true, offset: true });
    const consumer = u64('commitOffset.consumerId', options.consumerId);
    const offset = u64('commitOffset.offset', options.offset);
    return this.topics.withId(topic, (id) =>
      this.control.command(
        () => commitOffsetRequest(id, consumer, offset),
        (header, buffer, from, end) => {
          expectCommand(header, Command.CommitAck);
          const { consumerId, committedOffset } = decodeCommitAck(buffer, from, end);
          expectConsumer(consumerId, consumer);
          return { consumerId, offset: committedOffset };
        },
      ),
    );
  }

  unsubscribe(topic: TopicRef, options: UnsubscribeOptions): Observable<void> {
    onlyKnown('unsubscribe', options, { consumerId: true });
    const consumer = u64('unsubscribe.consumerId', options.consumerId);
    return this.topics.withId(topic, (id) =>
      this.control.command(
        () => unsubscribeRequest(id, consumer),
        (header) => {
          // An ack whose batch id is the consumer's (trap T 8): there are no batches on these connections.
          if (header.kind !== FrameKind.Ack) throw new ProtocolError(`expected an ack, got a ${header.kind} frame`);
          expectConsumer(batchIdOf(header), consumer);
        },
      ),
    );
  }
}

function expectConsumer(got: bigint, expected: bigint): void {
  if (got !== expected) throw new ProtocolError(`a reply for consumer ${got}, not for ${expected}`);
}
