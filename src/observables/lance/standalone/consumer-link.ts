import type { LanceError } from '../../../codecs/lance/errors.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import { TopicLink, type Place, type TopicLinkOwner, type TopicLinkPlan } from '../consuming/topic-link.js';

/** Who needs one. */
export interface PlaceUser {
  ready(place: Place): void;
  failed(error: LanceError): void;
}

/** Who is told of what becomes of sessions. */
export interface ConsumerLinkOwner {
  /** What was asked for over the session will not be answered; another one comes if it is needed. */
  lost(): void;
  /** No other session would help, so nobody waits for one any more. */
  failed(error: LanceError): void;
}

/** A link to one topic that is there while somebody needs it: a connection that breaks is opened again when it is used. */
export class ConsumerLink implements TopicLinkOwner {
  /** The session that can be used now. */
  place: Place | undefined;
  /** Why the last one was lost. */
  lastError: LanceError | undefined;
  private link: TopicLink | undefined;
  private topic: TopicInfo | undefined;
  private readonly waiting = new Set<PlaceUser>();

  constructor(
    private readonly plan: TopicLinkPlan,
    private readonly owner: ConsumerLinkOwner,
  ) {}

  /** Calls `ready` once there is a session, which may be at once. */
  use(user: PlaceUser): void {
    if (this.place !== undefined) return user.ready(this.place);
    this.waiting.add(user);
    if (this.link !== undefined) return;
    this.link = new TopicLink(this.plan, this, this.topic);
    this.link.connect();
  }

  /** Whoever has not been called will not be. */
  leave(user: PlaceUser): void {
    this.waiting.delete(user);
  }

  /** The server answers as it should. */
  alive(): void {
    this.link?.alive();
  }

  trouble(session: RequestSession, error: LanceError): void {
    this.link?.trouble(session, error);
  }

  close(): void {
    this.place = undefined;
    this.link?.close();
    this.link = undefined;
  }

  // ---- TopicLinkOwner

  attached(session: RequestSession, topic: TopicInfo): void {
    this.topic = topic;
    this.lastError = undefined;
    this.place = { session, topic };
    for (const user of this.takeWaiting()) {
      if (this.place?.session === session) user.ready(this.place);
      else this.use(user);
    }
  }

  detached(error: LanceError): void {
    this.lastError = error;
    this.place = undefined;
    // Who connects for the first time wants to know at once whether there is a server, if need be the leader.
    if (this.topic === undefined && !this.plan.connector.leads(error)) return this.failed(error);
    this.owner.lost();
    if (this.waiting.size === 0) this.close();
  }

  failed(error: LanceError): void {
    this.lastError = error;
    const waiting = this.takeWaiting();
    this.close();
    this.owner.failed(error);
    for (const user of waiting) user.failed(error);
  }

  private takeWaiting(): PlaceUser[] {
    const waiting = [...this.waiting];
    this.waiting.clear();
    return waiting;
  }
}
