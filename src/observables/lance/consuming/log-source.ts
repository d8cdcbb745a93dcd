import { defer, Subscription } from 'rxjs';
import type { LanceError, ServerCatchingUpError } from '../../../codecs/lance/errors.js';
import { RecordBatch } from '../../../codecs/lance/record-batch.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { clock } from '../../../foundation/clock.js';
import type { SluiceError } from '../../../foundation/errors.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import { Committer } from '../../delivery/core/committer.js';
import type { DeliveryCore } from '../../delivery/core/delivery-core.js';
import type { LedgerNode } from '../../delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../delivery/core/source.js';
import type { DeadOptions, DeadPart } from '../../delivery/types.js';
import { notePromise } from '../../delivery/witness.js';
import { letterParts } from './batch-letters.js';
import { commitToServer } from './commit-to-server.js';
import type { ConsumePlan, DeadLetterSink } from './consume-options.js';
import { TopicChangedError } from '../connection/errors.js';
import { FetchLoop, type Fetched, type FetchLoopOwner } from './fetch-loop.js';
import { LetterWriter } from './letter-writer.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import { loadStart, resolveBounds, type Start } from './start-position.js';
import { TopicLink, type TopicLinkOwner, type TopicLinkPlan } from './topic-link.js';

/** What a log source needs to know. */
export interface LogSourcePlan<V> extends ConsumePlan<V>, TopicLinkPlan {
  readonly store: OffsetStore;
  readonly deadLetters: DeadLetterSink | undefined;
  /** Where a stream without a name stood when its last session failed. */
  readonly kept: { place: KeptPlace | undefined };
}

/** A position means something only in the topic that it was found in. */
export interface KeptPlace {
  readonly topic: TopicInfo;
  readonly position: number;
}

/** One epoch of a consumed topic: finds its place, fetches, commits, and goes on after a broken connection. */
export class LogSource<V> implements DeliverySource<RecordBatch<V>>, FetchLoopOwner, TopicLinkOwner {
  private readonly link: TopicLink;
  private readonly letters: LetterWriter | undefined;
  private readonly work = new Subscription();
  /** Where the session before this one failed; it is forgotten unless this one fails too. */
  private readonly resumesAt: KeptPlace | undefined;
  private topic: TopicInfo | undefined;
  private loop: FetchLoop | undefined;
  /** The session that the loop uses. */
  private place: { readonly session: RequestSession; readonly topicId: number } | undefined;
  private committer: Committer | undefined;
  private hasFailed = false;
  private over = false;

  constructor(
    private readonly plan: LogSourcePlan<V>,
    private readonly core: DeliveryCore<RecordBatch<V>>,
  ) {
    const { topic, deadLetters, kept } = plan;
    if (deadLetters !== undefined)
      this.letters = new LetterWriter(deadLetters, { system: 'lance', name: String(topic) });
    this.resumesAt = kept.place;
    kept.place = undefined;
    this.link = new TopicLink(plan, this, this.resumesAt?.topic);
    this.link.connect();
  }

  // ---- DeliverySource

  get takesDead(): boolean {
    return this.letters !== undefined;
  }

  pull(): void {
    this.loop?.pull();
  }

  settle(node: LedgerNode<RecordBatch<V>>, decision: Decision): Handling {
    if (decision.fate === 'acked') return 'done';
    if (decision.fate === 'nacked') return 'again';
    const parts = [...letterParts(node.value)].map((part) => ({ ...part, type: 'batch' as const }));
    this.letters?.write(node, decision.options, parts, (error) => {
      if (error === undefined) this.core.confirm(node, 'dead');
      else this.fail(error);
    });
    return 'wait';
  }

  bury(
    node: LedgerNode<RecordBatch<V>>,
    { position, type, bytes: value }: DeadPart,
    options: DeadOptions,
    then: (error?: SluiceError) => void,
  ): void {
    this.letters?.write(node, options, [{ position, type, value }], (error) => {
      then(error);
      if (error !== undefined) this.fail(error);
    });
  }

  settled(): void {
    this.committer?.settled();
  }

  drain(): void {
    this.rest();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.rest();
    this.work.unsubscribe();
    this.letters?.close();
    if (this.plan.name === undefined && this.hasFailed) this.plan.kept.place = this.standsAt();
    const leave = (): void => {
      this.link.close();
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
    this.link.alive();
  }

  catchingUp(error: ServerCatchingUpError | undefined): void {
    if (error === undefined) this.core.clear('server');
    else this.core.set('server', error.message);
  }

  ended(): void {
    this.rest();
    this.core.end();
  }

  trouble(session: RequestSession, error: LanceError): void {
    this.link.trouble(session, error);
  }

  failed(error: LanceError): void {
    this.fail(error);
  }

  // ---- TopicLinkOwner

  attached(session: RequestSession, topic: TopicInfo): void {
    if (this.loop === undefined) this.locate(session, topic);
    else this.attach(session, topic, this.loop);
  }

  detached(error: LanceError): void {
    this.place = undefined;
    this.loop?.detach();
    this.core.set('reconnecting', error.message);
  }

  // ---- finding the place

  /** The first time: where does this reader stand? */
  private locate(session: RequestSession, topic: TopicInfo): void {
    const { name, store, from, until } = this.plan;
    const begin = (start: Start): void => {
      if (!this.link.isLive(session)) return;
      const found = (position: number, end: number | undefined): void => this.begin(session, topic, position, end);
      resolveBounds(session, topic.id, start, until, found, (error) => this.link.trouble(session, error));
    };
    const otherwise: Start = from === 'beginning' ? 0 : from;
    if (name === undefined) begin(this.resumesAt?.position ?? otherwise);
    else this.work.add(loadStart(store, this.key(name, topic), otherwise, begin, (error) => this.fail(error)));
  }

  private begin(session: RequestSession, topic: TopicInfo, position: number, to: number | undefined): void {
    const { name, maxFetchBytes, maxRecordBytes, prefetch } = this.plan;
    this.topic = topic;
    this.core.ledger.startAt(position);
    if (name !== undefined) this.committer = this.commits(this.key(name, topic), position);
    this.loop = new FetchLoop(position, to, { maxFetchBytes, maxRecordBytes, depth: prefetch }, this);
    this.attach(session, topic, this.loop);
  }

  private attach(session: RequestSession, topic: TopicInfo, loop: FetchLoop): void {
    this.core.clear('reconnecting');
    this.place = { session, topicId: topic.id };
    loop.attach(session, topic.id);
  }

  // ---- ending

  /** Nothing more will be fetched: a connection that breaks from now on is nobody's loss. */
  private rest(): void {
    this.loop?.detach();
    if (this.plan.commitToServer) this.link.rest();
    else this.link.close();
    this.core.clear('reconnecting');
    this.core.clear('server');
  }

  private standsAt(): KeptPlace | undefined {
    if (this.topic === undefined) return this.resumesAt;
    return { topic: this.topic, position: this.core.ledger.watermark };
  }

  private fail(error: unknown): void {
    if (this.over) return;
    // In another topic no position means anything: the next session begins where the first one did.
    this.hasFailed = !(error instanceof TopicChangedError);
    this.core.fail(error);
  }

  // ---- storing positions

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
        defer(() => notePromise('OffsetStore: save', store.save(key, BigInt(offset)))).subscribe({
          complete: () => this.tellServer(key, offset, done),
          error: (error: unknown) => done(error ?? true),
        }),
      failed: (error) => {
        // After the end there is only the report left to say it.
        if (this.over) this.core.fates.error ??= error;
        else this.fail(error);
      },
    });
  }

  private tellServer({ consumer }: OffsetKey, offset: number, done: () => void): void {
    const { place } = this;
    if (this.plan.commitToServer && place !== undefined && this.link.isLive(place.session)) {
      commitToServer(place.session, place.topicId, consumer, offset, done);
    } else done();
  }
}
