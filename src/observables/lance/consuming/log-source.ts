import { Subscription } from 'rxjs';
import { ServerCatchingUpError, type LanceError } from '../../../codecs/lance/errors.js';
import { RecordBatch } from '../../../codecs/lance/record-batch.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { exponential } from '../../../foundation/backoff/exponential.js';
import type { SluiceError } from '../../../foundation/errors.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import type { Committer } from '../../delivery/core/committer.js';
import type { DeliveryCore } from '../../delivery/core/delivery-core.js';
import type { LedgerNode } from '../../delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../delivery/core/source.js';
import type { DeadOptions, DeadPart } from '../../delivery/types.js';
import { letterParts } from './batch-letters.js';
import { commitToServer } from './commit-to-server.js';
import type { ConsumePlan, DeadLetterSink } from './consume-options.js';
import { TopicChangedError } from '../connection/errors.js';
import { expansionOf } from './expansion.js';
import { FetchLoop, type Fetched, type FetchLoopOwner } from './fetch-loop.js';
import { LetterWriter } from './letter-writer.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import { keepPositions, type PositionsOwner } from './positions.js';
import type { Progress, Reading } from './progress.js';
import { loadStart, resolveBounds, type Start } from './start-position.js';
import { fetchEnd } from './topic-end.js';
import { isSameTopic, TopicLink, type TopicLinkOwner, type TopicLinkPlan } from './topic-link.js';
import type { TruncatedError } from './truncated-error.js';

/** What a log source needs to know. */
export interface LogSourcePlan<V> extends ConsumePlan<V>, TopicLinkPlan {
  readonly store: OffsetStore;
  readonly deadLetters: DeadLetterSink | undefined;
  /** Where a stream without a name stood when its last session failed. */
  readonly kept: { place: KeptPlace | undefined };
  readonly progress: Progress;
}

/** A position means something only in the topic that it was found in. */
export interface KeptPlace {
  readonly topic: TopicInfo;
  readonly position: number;
}

const repeatDelays = exponential({ initialMs: 100, maxMs: 30_000 });

/** One epoch of a consumed topic: finds its place, fetches, commits, and goes on after a broken connection. */
export class LogSource<V>
  implements DeliverySource<RecordBatch<V>>, FetchLoopOwner, TopicLinkOwner, PositionsOwner, Reading
{
  private link: TopicLink;
  private readonly letters: LetterWriter | undefined;
  private readonly work = new Subscription();
  /** Where the session before this one failed; it is forgotten unless this one fails too. */
  private readonly resumesAt: KeptPlace | undefined;
  private topic: TopicInfo | undefined;
  private loop: FetchLoop | undefined;
  /** The session that the loop uses. */
  private place: { readonly session: RequestSession; readonly topic: TopicInfo } | undefined;
  private committer: Committer | undefined;
  /** Why reading has to go on at one of the ends, once everything in flight is settled. */
  private detour: LanceError | undefined;
  /** Nothing was read since the last time. */
  private isOnDetour = false;
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

  /** A tail has no server to give it back to. The pause is for those who come back themselves, after one of their own. */
  repeatsAfterMs(node: LedgerNode<RecordBatch<V>>): number {
    return repeatDelays(node.attempt - 1);
  }

  settled(): void {
    this.committer?.settled();
    this.plan.progress.moved();
    if (this.detour !== undefined) this.takeDetour();
  }

  drain(): void {
    this.rest();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.rest();
    this.work.unsubscribe();
    this.letters?.close();
    this.plan.progress.end();
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

  get spareBytes(): number {
    const { window } = this.core;
    return window.limits.bytes - window.bytes;
  }

  fetched({ buffer, index, position, end, reservedBytes }: Fetched): void {
    const { codec, progress } = this.plan;
    const value = new RecordBatch<V>(buffer, index.offsets, position, end, codec);
    progress.records += index.count;
    progress.bytes += end - position;
    this.isOnDetour = false;
    const bytes = end - position + expansionOf(value, codec);
    this.core.arrived({ value, position, end, bytes, reserved: reservedBytes });
  }

  answered(byteCount: number): void {
    const { progress } = this.plan;
    progress.fetches++;
    if (byteCount === 0) progress.emptyPolls++;
    this.link.alive();
  }

  reachedEnd(end: number): void {
    this.plan.progress.reachedEnd(end);
  }

  catchingUp(error: ServerCatchingUpError | undefined): void {
    if (error === undefined) this.core.clear('server');
    else this.core.set('server', error.message);
  }

  truncated(error: ServerCatchingUpError | TruncatedError): void {
    if (this.plan.onTruncated === 'fail' || this.isOnDetour) this.fail(error);
    else this.leavePlace(error);
  }

  ended(): void {
    this.rest();
    this.core.end();
  }

  trouble(session: RequestSession, error: LanceError): void {
    this.link.trouble(session, error);
  }

  failed(error: LanceError): void {
    if (error instanceof TopicChangedError && this.plan.onTruncated !== 'fail' && !this.isOnDetour) this.follow(error);
    else this.fail(error);
  }

  // ---- TopicLinkOwner

  attached(session: RequestSession, topic: TopicInfo): void {
    this.place = { session, topic };
    if (this.detour !== undefined) this.takeDetour();
    else if (this.loop === undefined) this.locate(session, topic);
    else {
      this.plan.progress.reconnects++;
      this.attach(session, topic, this.loop);
    }
  }

  detached(error: LanceError): void {
    this.place = undefined;
    this.plan.progress.detach();
    this.loop?.detach();
    this.core.set('reconnecting', error.message);
  }

  // ---- Reading

  get watermark(): number {
    return this.core.ledger.watermark;
  }

  askEnd(found: (end: number) => void, failed: () => void): void {
    const { place } = this;
    if (place === undefined) failed();
    else fetchEnd(place.session, place.topic.id, found, failed);
  }

  // ---- finding the place

  /** The first time: where does this reader stand? */
  private locate(session: RequestSession, topic: TopicInfo): void {
    const { name, store, from } = this.plan;
    const begin = (start: Start): void => {
      if (this.link.isLive(session)) this.goTo(session, topic, start);
    };
    const otherwise: Start = from === 'beginning' ? 0 : from;
    if (name === undefined) begin(this.resumesAt?.position ?? otherwise);
    else this.work.add(loadStart(store, this.key(name, topic), otherwise, begin, (error) => this.fail(error)));
  }

  private goTo(session: RequestSession, topic: TopicInfo, start: Start): void {
    const found = (position: number, end: number | undefined): void => {
      // What is there now ends before this reader's place: it must not be taken for an empty rest.
      if (this.plan.until === 'end' && end !== undefined && end < position) this.truncated(behind(position, end));
      else this.begin(session, topic, position, end);
    };
    const failed = (error: LanceError): void => this.link.trouble(session, error);
    resolveBounds(session, topic.id, start, this.plan.until, found, failed);
  }

  private begin(session: RequestSession, topic: TopicInfo, position: number, to: number | undefined): void {
    const { name, maxFetchBytes, maxRecordBytes, prefetch: depth, catchingUp, progress } = this.plan;
    const { detour } = this;
    this.core.ledger.startAt(position);
    if (name !== undefined && (this.topic === undefined || !isSameTopic(this.topic, topic))) {
      this.committer?.close(() => {});
      this.committer = keepPositions(this.plan, this.key(name, topic), detour === undefined ? position : -1, this);
    }
    this.topic = topic;
    this.loop = new FetchLoop(position, to, { maxFetchBytes, maxRecordBytes, depth, catchingUp }, this);
    if (detour !== undefined) {
      this.detour = undefined;
      this.isOnDetour = true;
      progress.truncations++;
      this.core.pauses.remark = `went on at ${position}, the ${this.plan.onTruncated}: ${detour.message}`;
      // The new position is worth storing.
      this.committer?.settled();
      this.core.clear('server');
    }
    this.attach(session, topic, this.loop);
  }

  private attach(session: RequestSession, topic: TopicInfo, loop: FetchLoop): void {
    this.core.clear('reconnecting');
    this.plan.progress.attach(this);
    loop.attach(session, topic.id);
  }

  // ---- going on elsewhere

  /** Nothing is left where this reader stands: what is in flight is waited for, then it goes on at one of the ends. */
  private leavePlace(error: LanceError): void {
    this.detour = error;
    this.loop?.detach();
    this.loop = undefined;
    this.core.set('server', error.message);
    this.takeDetour();
  }

  private takeDetour(): void {
    const { place } = this;
    if (place === undefined || !this.link.isLive(place.session) || !this.core.empty) return;
    this.goTo(place.session, place.topic, this.plan.onTruncated === 'end' ? 'end' : 0);
  }

  /** The topic was made anew: it is the new one that is read from now on, from one of its ends. */
  private follow(error: TopicChangedError): void {
    this.link.close();
    this.detached(error);
    this.leavePlace(error);
    this.link = new TopicLink(this.plan, this);
    this.link.connect();
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

  stored({ consumer, topicId }: OffsetKey, offset: number, done: () => void): void {
    const session = this.place?.session;
    if (this.plan.commitToServer && session !== undefined && this.link.isLive(session)) {
      commitToServer(session, topicId, consumer, offset, done);
    } else done();
  }

  notStored(error: unknown): void {
    // After the end there is only the report left to say it.
    if (this.over) this.core.fates.error ??= error;
    else this.fail(error);
  }
}

function behind(requestedOffset: number, end: number): ServerCatchingUpError {
  return new ServerCatchingUpError(BigInt(end), { context: { requestedOffset } });
}
