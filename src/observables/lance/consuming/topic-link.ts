import {
  ConnectionError,
  InvalidRecordError,
  ProtocolError,
  TopicNotFoundError,
  type LanceError,
} from '../../../codecs/lance/errors.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { RequestSession } from '../../../transports/lance/request-session.js';
import { RouteReconnector } from '../../../transports/lance/route-reconnector.js';
import type { Route } from '../../../transports/lance/route.js';
import type { ReconnectOptions } from '../../../transports/reconnect.js';
import { TopicChangedError } from '../connection/errors.js';
import { resolveTopic, type TopicRef } from '../connection/topic-ref.js';

/** Where a topic is, and how it is reached. */
export interface TopicLinkPlan {
  readonly topic: TopicRef;
  readonly connector: Route;
  readonly requestTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
}

/** A session with the topic that is read. */
export interface Place {
  readonly session: RequestSession;
  readonly topic: TopicInfo;
}

/** Who reads the topic. */
export interface TopicLinkOwner {
  /** There is a session, and the topic is the one it was before. */
  attached(session: RequestSession, topic: TopicInfo): void;
  /** The session is of no more use; another one will come. */
  detached(error: LanceError): void;
  /** No other session would help. */
  failed(error: LanceError): void;
}

/** One bad frame may be an accident of the line; a server that sends nothing else is given up. */
const BAD_FRAMES = 3;

/** Keeps a session with one topic: connects, finds the topic, and connects again when the session is lost. */
export class TopicLink {
  private readonly reconnector: RouteReconnector;
  private session: RequestSession | undefined;
  private badFrames = 0;
  private isResting = false;

  /** `topic` is the one that it must be, if that is known. */
  constructor(
    private readonly plan: TopicLinkPlan,
    private readonly owner: TopicLinkOwner,
    private topic?: TopicInfo,
  ) {
    this.reconnector = new RouteReconnector(plan.connector, plan.reconnect, () => this.connect());
  }

  connect(): void {
    const session = new RequestSession(this.plan.connector, this.plan.requestTimeoutMs, {
      opened: () => this.opened(session),
      closed: (error) => this.trouble(session, error),
    });
    this.session = session;
  }

  /** Whether this session is still the one to use. */
  isLive(session: RequestSession): boolean {
    return this.session === session;
  }

  /** The server answers as it should: the next pause is the first one again. */
  alive(): void {
    this.badFrames = 0;
    this.reconnector.succeeded();
  }

  /** Something asked for over this session failed. */
  trouble(session: RequestSession, error: LanceError): void {
    if (!this.isLive(session)) return;
    if (this.isResting) this.end(error);
    else if (error.retryable || isBadFrame(error)) this.lost(error);
    else if (error instanceof TopicNotFoundError && this.topic !== undefined) this.lookAgain(session, error);
    else this.owner.failed(error);
  }

  /** From now on nobody is told of trouble, and no other session will come. */
  rest(): void {
    this.isResting = true;
    this.reconnector.stop();
  }

  /** Ends the session; what is under way over it fails. */
  close(): void {
    this.rest();
    this.end(new ConnectionError('the stream has ended', { retryable: false }));
  }

  private opened(session: RequestSession): void {
    this.resolve(session, (topic) => {
      this.topic = topic;
      this.owner.attached(session, topic);
    });
  }

  /** The topic that is read is gone: for good, or was it made anew under another id? */
  private lookAgain(session: RequestSession, error: TopicNotFoundError): void {
    // A server that contradicts itself may know better next time.
    this.resolve(session, () => this.lost(error));
  }

  /** Asks the server for the topic; it must be the one it was before. */
  private resolve(session: RequestSession, found: (topic: TopicInfo) => void): void {
    resolveTopic(
      session,
      this.plan.topic,
      (topic) => {
        if (!this.isLive(session)) return;
        if (this.topic !== undefined && !isSameTopic(this.topic, topic)) this.owner.failed(changed(topic));
        else found(topic);
      },
      (error) => {
        if (this.isLive(session) && error instanceof TopicNotFoundError) this.owner.failed(error);
        else this.trouble(session, error);
      },
    );
  }

  private lost(error: LanceError): void {
    const { session } = this;
    this.session = undefined;
    this.owner.detached(error);
    session?.drop(error);
    // Its owner may not want another one.
    if (this.isResting) return;
    const isHopeless = isBadFrame(error) && ++this.badFrames >= BAD_FRAMES;
    if (isHopeless || !this.reconnector.failed(error)) this.owner.failed(error);
  }

  private end(error: LanceError): void {
    const { session } = this;
    this.session = undefined;
    session?.close(error);
  }
}

/** What makes no sense was damaged on its way perhaps; a damaged record is so in the log, however often it is asked for. */
function isBadFrame(error: LanceError): boolean {
  return error instanceof ProtocolError && !(error instanceof InvalidRecordError);
}

/** Whether a topic is the one that it was, and was not made anew. */
function isSameTopic(before: TopicInfo, now: TopicInfo): boolean {
  return before.id === now.id && before.createdAt === now.createdAt;
}

function changed({ name, id }: TopicInfo): TopicChangedError {
  return new TopicChangedError(`topic "${name}" was deleted and made anew as id ${id}`, { context: { name, id } });
}
