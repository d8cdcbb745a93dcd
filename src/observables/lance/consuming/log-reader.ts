import type { LanceError, ServerCatchingUpError } from '../../../codecs/lance/errors.js';
import { RecordBatch } from '../../../codecs/lance/record-batch.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { messageOf } from '../../../foundation/message-of.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import type { DeliveryCore } from '../../delivery/core/delivery-core.js';
import { TopicChangedError } from '../connection/errors.js';
import { Bounds, type BoundsOwner, type Found } from './bounds.js';
import type { ConsumePlan } from './consume-options.js';
import { expansionOf } from './expansion.js';
import { FetchLoop, type FetchLoopOwner } from './fetch-loop.js';
import type { Progress, Reading } from './progress.js';
import type { Joined } from './seam.js';
import type { Start } from './start-position.js';
import { fetchEnd } from './topic-end.js';
import { TopicLink, type Place, type TopicLinkOwner, type TopicLinkPlan } from './topic-link.js';
import type { TruncatedError } from './truncated-error.js';

/** What a reader needs to know. */
export interface LogReaderPlan<V> extends ConsumePlan<V>, TopicLinkPlan {
  readonly progress: Progress;
}

/** Whom a reader works for. */
export interface LogReaderOwner {
  /** There is a connection: `found` is to be called with the place where reading begins, `lost` if nothing is left there. */
  locate(topic: TopicInfo, found: (start: Start) => void, lost: (error: unknown) => void): void;
  /** Reading begins here. `isFound`: the server has said where, or nothing was left where it was to go on. */
  begins(topic: TopicInfo, position: number, isFound: boolean): void;
  failed(error: unknown): void;
}

/** Reads a topic for one epoch: fetches, goes on after a broken connection, and elsewhere when nothing is left where it was. */
export class LogReader<V> implements FetchLoopOwner, TopicLinkOwner, BoundsOwner, Reading {
  private link: TopicLink;
  private loop: FetchLoop | undefined;
  private place: Place | undefined;
  /** Why reading has to go on at one of the ends, once everything in flight is settled. */
  private detour: { readonly message: string } | undefined;
  /** Nothing was read since the last time. */
  private isOnDetour = false;
  private readonly bounds: Bounds;
  /** It reads no more; a session that is still there is for telling the server the last position. */
  private isResting = false;

  /** `topic` is the one that it must be, if that is known. */
  constructor(
    private readonly plan: LogReaderPlan<V>,
    private readonly core: DeliveryCore<RecordBatch<V>>,
    private readonly owner: LogReaderOwner,
    topic: TopicInfo | undefined,
  ) {
    this.bounds = new Bounds(plan, this);
    this.link = new TopicLink(plan, this, topic);
    this.link.connect();
  }

  /** The session to talk to about the topic, if there is one. */
  get session(): RequestSession | undefined {
    const session = this.place?.session;
    return session !== undefined && this.link.isLive(session) ? session : undefined;
  }

  pull(): void {
    this.loop?.pull();
  }

  /** Something is settled. */
  settled(): void {
    this.plan.progress.moved();
    if (this.detour !== undefined) this.takeDetour();
  }

  /** Nothing more will be fetched: a connection that breaks from now on is nobody's loss. */
  rest(): void {
    this.isResting = true;
    this.loop?.detach();
    this.bounds.stop();
    this.plan.progress.detach();
    if (this.plan.commitToServer) this.link.rest();
    else this.link.close();
    this.core.clear('reconnecting');
    this.core.clear('server');
  }

  close(): void {
    this.link.close();
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

  fetched({ buffer, index, position, end }: Joined, reservedBytes: number): void {
    const { codec, progress } = this.plan;
    const value = new RecordBatch<V>(buffer, index.offsets, position, end, codec, this.place?.topic.name);
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
    this.lost(error);
  }

  ended(): void {
    this.rest();
    this.core.end();
  }

  trouble(session: RequestSession, error: LanceError): void {
    this.link.trouble(session, error);
  }

  failed(error: LanceError): void {
    if (error instanceof TopicChangedError) this.lost(error, () => this.follow());
    else this.owner.failed(error);
  }

  // ---- TopicLinkOwner

  attached(session: RequestSession, topic: TopicInfo): void {
    this.place = { session, topic };
    this.core.clear('reconnecting');
    if (this.isResting) return;
    if (this.detour !== undefined) this.takeDetour();
    else if (this.loop === undefined) this.locate(this.place);
    else {
      this.plan.progress.reconnects++;
      this.attach(session, topic, this.loop);
    }
  }

  detached(error: LanceError): void {
    this.place = undefined;
    this.plan.progress.detach();
    this.bounds.stop();
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

  // ---- BoundsOwner

  readsOver(session: RequestSession): boolean {
    return !this.isResting && this.link.isLive(session);
  }

  found({ session, topic }: Place, { position, to, end, beginsAtEnd }: Found): void {
    const { maxFetchBytes, maxRecordBytes, prefetch: depth, catchingUp, progress } = this.plan;
    const options = { topic: topic.name, maxFetchBytes, maxRecordBytes, depth, catchingUp };
    const { detour } = this;
    progress.knownEnd = end;
    this.core.ledger.startAt(position);
    this.owner.begins(topic, position, beginsAtEnd || detour !== undefined);
    this.loop = new FetchLoop(position, to, options, this);
    if (detour !== undefined) {
      this.detour = undefined;
      this.isOnDetour = true;
      progress.truncations++;
      this.core.pauses.remark = `went on at ${position}, the ${this.plan.onTruncated}: ${detour.message}`;
    }
    this.core.clear('server');
    this.attach(session, topic, this.loop);
  }

  behind(error: ServerCatchingUpError): void {
    this.link.alive();
    this.catchingUp(error);
  }

  // ---- beginning, and going on

  /** The first time: where does this reader stand? */
  private locate(place: Place): void {
    const { session, topic } = place;
    this.owner.locate(
      topic,
      (start) => {
        if (this.readsOver(session)) this.bounds.find(place, start);
      },
      (error) => {
        if (this.readsOver(session)) this.lost(error);
      },
    );
  }

  private attach(session: RequestSession, topic: TopicInfo, loop: FetchLoop): void {
    this.plan.progress.attach(this);
    loop.attach(session, topic.id);
  }

  // ---- going on elsewhere

  /** Nothing is left where this reader stands. A second time without a record in between it would never end. */
  lost(error: unknown, then?: () => void): void {
    if (this.plan.onTruncated === 'fail' || this.isOnDetour) return this.owner.failed(error);
    this.detour = { message: messageOf(error) };
    this.loop?.detach();
    this.loop = undefined;
    this.core.set('server', this.detour.message);
    if (then === undefined) this.takeDetour();
    else then();
  }

  /** What is in flight is waited for: positions of before mean nothing behind it. */
  private takeDetour(): void {
    const { place, session } = this;
    if (this.isResting || place === undefined || session === undefined || !this.core.empty) return;
    this.bounds.find(place, this.plan.onTruncated === 'end' ? 'end' : 0);
  }

  /** The topic was made anew: it is the new one that is read from now on. */
  private follow(): void {
    this.link.close();
    this.place = undefined;
    this.plan.progress.detach();
    this.link = new TopicLink(this.plan, this);
    this.link.connect();
  }
}
