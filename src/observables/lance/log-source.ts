import { concat, from, Subscription, type Observable } from 'rxjs';
import { InvalidFrameError, type LanceError, type ServerCatchingUpError } from '../../codecs/lance/errors.js';
import { RecordBatch } from '../../codecs/lance/record-batch.js';
import type { TopicInfo } from '../../codecs/lance/topic-json.js';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Connector } from '../../transports/channel.js';
import { RequestSession } from '../../transports/lance/request-session.js';
import { Reconnector, type ReconnectOptions } from '../../transports/reconnect.js';
import { Committer } from '../delivery/core/committer.js';
import type { DeliveryCore } from '../delivery/core/delivery-core.js';
import type { LedgerNode } from '../delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../delivery/core/source.js';
import type { DeadOptions, DeadPart, Origin } from '../delivery/types.js';
import { letterParts } from './batch-letters.js';
import { commitToServer } from './commit-to-server.js';
import type { ConsumePlan, DeadLetterSink } from './consume-options.js';
import { deadLetter, type DeadLetter } from './dead-letter.js';
import { DeadLetterError, TopicChangedError } from './errors.js';
import { FetchLoop, type Fetched, type FetchLoopOwner } from './fetch-loop.js';
import type { OffsetKey, OffsetStore } from './offset-store.js';
import { loadStart, resolveBounds, type Start } from './start-position.js';
import { resolveTopic, type TopicRef } from './topic-ref.js';

/** What a log source needs to know. */
export interface LogSourcePlan<V> extends ConsumePlan<V> {
  readonly topic: TopicRef;
  readonly connector: Connector;
  readonly requestTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  readonly store: OffsetStore;
  readonly deadLetters: DeadLetterSink | undefined;
  /** Where the stream stood when its last session failed; kept between epochs where there is no name. */
  readonly kept: { position: number | undefined };
}

/** One bad frame may be an accident of the line; a server that sends nothing else is given up. */
const BAD_FRAMES = 3;

/** One epoch of a consumed topic: connects, finds its place, fetches, commits, and goes on after a broken connection. */
export class LogSource<V> implements DeliverySource<RecordBatch<V>>, FetchLoopOwner {
  readonly takesDead: boolean;
  private readonly reconnector: Reconnector;
  private readonly work = new Subscription();
  private session: RequestSession | undefined;
  private topic: TopicInfo | undefined;
  private loop: FetchLoop | undefined;
  private committer: Committer | undefined;
  private badFrames = 0;
  private over = false;

  constructor(
    private readonly plan: LogSourcePlan<V>,
    private readonly core: DeliveryCore<RecordBatch<V>>,
  ) {
    this.takesDead = plan.deadLetters !== undefined;
    this.reconnector = new Reconnector(plan.reconnect, () => this.connect());
    this.connect();
  }

  // ---- DeliverySource

  pull(): void {
    this.loop?.pull();
  }

  settle(node: LedgerNode<RecordBatch<V>>, decision: Decision): Handling {
    if (decision.fate === 'acked') return 'done';
    if (decision.fate === 'nacked') return 'again';
    const parts = [...letterParts(node.value)].map((part) => this.letter(node, decision.options, { ...part, type: 'batch' }));
    this.send(parts, (error) => {
      if (error === undefined) this.core.confirm(node, 'dead');
      else this.core.fail(error);
    });
    return 'wait';
  }

  bury(node: LedgerNode<RecordBatch<V>>, part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    const { position, type, bytes: value } = part;
    this.send([this.letter(node, options, { position, type, value })], (error) => {
      then(error);
      if (error !== undefined) this.core.fail(error);
    });
  }

  settled(): void {
    this.committer?.settled();
  }

  drain(): void {
    this.loop?.detach();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.reconnector.stop();
    this.loop?.detach();
    this.work.unsubscribe();
    // The connection may still be needed to tell the server of the last position.
    const leave = (): void => {
      this.session?.close();
      flushed();
    };
    if (this.committer === undefined) leave();
    else this.committer.close(leave);
  }

  // ---- FetchLoopOwner

  reserve(bytes: number): boolean {
    return this.core.reserve(bytes);
  }

  unreserve(bytes: number): void {
    this.core.unreserve(bytes);
  }

  fetched({ buffer, index, position, end, reservedBytes }: Fetched): void {
    const value = new RecordBatch<V>(buffer, index.offsets, position, end, this.plan.codec);
    this.core.arrived({ value, position, end, bytes: end - position, reserved: reservedBytes });
  }

  alive(): void {
    this.badFrames = 0;
    this.reconnector.succeeded();
  }

  catchingUp(error: ServerCatchingUpError | undefined): void {
    if (error === undefined) this.core.clear('server');
    else this.core.set('server', error.message);
  }

  ended(): void {
    this.core.end();
  }

  failed(error: LanceError, fatal: boolean): void {
    if (this.over) return;
    if (fatal && !(error instanceof InvalidFrameError)) this.fail(error);
    else this.lost(error);
  }

  // ---- connecting

  private connect(): void {
    this.session = new RequestSession(this.plan.connector, this.plan.requestTimeoutMs, {
      opened: () => this.opened(),
      closed: (error) => this.failed(error, !error.retryable),
    });
  }

  private opened(): void {
    const { session } = this;
    if (session === undefined) return;
    const failed = (error: LanceError): void => this.failed(error, !error.retryable);
    resolveTopic(
      session,
      this.plan.topic,
      (topic) => {
        if (this.topic === undefined) this.locate(session, topic, failed);
        else if (this.topic.id !== topic.id || this.topic.createdAt !== topic.createdAt) this.fail(changed(topic));
        else this.attach(session, topic);
      },
      failed,
    );
  }

  /** The first time: where does this reader stand? */
  private locate(session: RequestSession, topic: TopicInfo, failed: (error: LanceError) => void): void {
    const { name, store, from: start, to, kept } = this.plan;
    const begin = (from: Start): void => {
      if (this.session !== session) return;
      resolveBounds(session, topic.id, from, to, (position, end) => this.begin(session, topic, position, end), failed);
    };
    const otherwise: Start = start === 'beginning' ? 0 : start;
    if (name === undefined) begin(kept.position ?? otherwise);
    else this.work.add(loadStart(store, this.key(name, topic), otherwise, begin, (error) => this.core.fail(error)));
  }

  private begin(session: RequestSession, topic: TopicInfo, position: number, to: number | undefined): void {
    const { name, maxFetchBytes, maxRecordBytes, prefetch } = this.plan;
    this.topic = topic;
    this.core.ledger.startAt(position);
    if (name !== undefined) this.committer = this.commits(this.key(name, topic), position);
    this.loop = new FetchLoop(position, to, { maxFetchBytes, maxRecordBytes, depth: prefetch }, this);
    this.attach(session, topic);
  }

  private attach(session: RequestSession, topic: TopicInfo): void {
    this.core.clear('reconnecting');
    this.loop?.attach(session, topic.id);
  }

  /** The connection is of no more use; another one may be. */
  private lost(error: LanceError): void {
    if (this.over) return;
    this.loop?.detach();
    this.session?.close();
    this.session = undefined;
    if (error instanceof InvalidFrameError && ++this.badFrames >= BAD_FRAMES) return this.fail(error);
    this.core.set('reconnecting', error.message);
    if (!this.reconnector.failed()) this.fail(error);
  }

  private fail(error: unknown): void {
    if (this.over) return;
    if (this.plan.name === undefined && this.topic !== undefined) this.plan.kept.position = this.core.ledger.watermark;
    this.core.fail(error);
  }

  // ---- positions and letters

  private key(consumer: string, { id: topicId, name: topicName }: TopicInfo): OffsetKey {
    return typeof this.plan.topic === 'string' ? { consumer, topicId, topicName } : { consumer, topicId };
  }

  private commits(key: OffsetKey, position: number): Committer {
    const { store, commitIntervalMs: everyMs, commitCount: everyCount } = this.plan;
    const host = { after: (delayMs: number, then: () => void) => clock.after(delayMs, then) };
    return new Committer(host, position, () => this.core.ledger.watermark, {
      everyMs,
      everyCount,
      save: (offset, done) =>
        from(store.save(key, BigInt(offset))).subscribe({
          complete: () => {
            const { session, topic } = this;
            const tell = this.plan.commitToServer && session !== undefined && topic !== undefined;
            if (tell) commitToServer(session, topic.id, key.consumer, offset, done);
            else done();
          },
          error: (error: unknown) => done(error ?? true),
        }),
      failed: (error) => {
        // After the end there is only the report left to say it.
        if (this.over) this.core.fates.error ??= error;
        else this.fail(error);
      },
    });
  }

  private origin(): Origin {
    return { system: 'lance', name: String(this.plan.topic), position: 0n };
  }

  private letter(
    node: LedgerNode<RecordBatch<V>>,
    options: DeadOptions,
    part: Pick<DeadLetter, 'position' | 'type' | 'value'>,
  ): DeadLetter {
    const times = { firstAtMs: node.sinceMs, lastAtMs: clock.now() };
    return deadLetter(this.origin(), node.attempt, options, { ...part, ...times });
  }

  /** Never answers inside: settling must not call back. */
  private send(letters: readonly DeadLetter[], then: (error?: SluiceError) => void): void {
    const { deadLetters } = this.plan;
    if (deadLetters === undefined) return;
    const written: Observable<unknown> = concat(...letters.map((letter) => deadLetters(letter)));
    this.work.add(
      written.subscribe({
        complete: () => this.work.add(clock.after(0, () => then())),
        error: (cause: unknown) => {
          const reason = cause instanceof Error ? cause.message : String(cause);
          const error = new DeadLetterError(`a dead letter could not be written: ${reason}`, { cause });
          this.work.add(clock.after(0, () => then(error)));
        },
      }),
    );
  }
}

function changed({ name, id }: TopicInfo): TopicChangedError {
  return new TopicChangedError(`topic "${name}" was deleted and made anew as id ${id}`, { context: { name, id } });
}
