import { Observable } from 'rxjs';
import { Command } from '../../../codecs/lance/commands.js';
import { AccessDeniedError, ConnectionError, LanceError } from '../../../codecs/lance/errors.js';
import { decodeReplyText } from '../../../codecs/lance/replies.js';
import { authenticateRequest } from '../../../codecs/lance/requests.js';
import { refusalIn } from '../../../transports/lance/authenticated.js';
import { reportOwnerError, tellOwner } from '../../../transports/owner.js';
import { expectCommand, type Exchange, type RequestSession } from '../../../transports/lance/request-session.js';
import type { Route } from '../../../transports/lance/route.js';
import { CommandPool } from './command-pool.js';
import { CommandTally } from './command-tally.js';
import type { PoolPlan } from './pool-options.js';

type Reply = Parameters<Exchange['reply']>;

/** Reads a reply; `tookMs` is how long it took to come. */
export type Decode<T> = (...reply: [...reply: Reply, tookMs: number]) => T;

/** What {@link Control} needs to know. */
export interface ControlPlan {
  readonly connector: Route;
  readonly requestTimeoutMs: number;
  readonly commandConnections: PoolPlan;
}

/** A client's commands: each goes over a connection of the pool, and on to the leader if a server names one. */
export class Control {
  readonly tally = new CommandTally();
  private readonly route: Route;
  private readonly pool: CommandPool;

  constructor({ connector, requestTimeoutMs, commandConnections }: ControlPlan) {
    this.route = connector;
    this.pool = new CommandPool(connector, requestTimeoutMs, commandConnections);
  }

  /** A command that answers with a TopicResponse. */
  topicCommand<T>(request: () => Uint8Array, decode: (text: string) => T): Observable<T> {
    return this.command(request, (header, buffer, start, end) => {
      expectCommand(header, Command.TopicResponse);
      return decode(decodeReplyText(buffer, start, end));
    });
  }

  /**
   * A cold command: sent once per subscription, one value, then done. Who leaves before the connection is open has
   * asked for nothing; who leaves later gets no answer.
   */
  command<T>(request: () => Uint8Array, decode: Decode<T>): Observable<T> {
    return new Observable((subscriber) =>
      this.exchange(
        request(),
        (_session, tookMs, ...reply) => {
          const value = decode(...reply, tookMs);
          subscriber.next(value);
          subscriber.complete();
        },
        (error) => subscriber.error(error),
      ),
    );
  }

  /** Sends one request; the returned function calls that off, unless it has been sent. */
  send({ request, reply, failed }: Pick<Exchange, 'request' | 'reply' | 'failed'>): () => void {
    return this.exchange(request, (_session, _tookMs, ...bytes) => reply(...bytes), failed);
  }

  /** Runs `ask` once there is a connection; the returned function calls that off. */
  use(ask: (session: RequestSession) => void, failed: (error: LanceError) => void): () => void {
    return this.pool.use(ask, failed);
  }

  /** Shows the token over a connection; if it is accepted, all connections that are opened from then on show it too. */
  authenticate(token: string): Observable<void> {
    return new Observable((subscriber) => {
      let takeBack: (() => void) | undefined;
      const show = (failed: (error: LanceError) => void): (() => void) =>
        this.exchange(
          authenticateRequest(token),
          (session, _tookMs, ...reply) => {
            const refusal = refusalIn(...reply);
            if (refusal !== undefined) return subscriber.error(refusal);
            takeBack = undefined;
            this.route.useToken(token);
            this.pool.keepOnly(session);
            subscriber.next();
            subscriber.complete();
          },
          failed,
        );
      let callOff = show((error) => {
        if (subscriber.closed || !(error instanceof AccessDeniedError)) return subscriber.error(error);
        // There is no connection: the token in use is refused. This one is shown in its place.
        takeBack = this.route.useToken(token);
        callOff = show((again) => subscriber.error(again));
      });
      return () => {
        callOff();
        takeBack?.();
      };
    });
  }

  /** Drops the connections, for good; whoever still waits is told. */
  close(): void {
    this.pool.close(new ConnectionError('the client was closed before the reply', { retryable: false }));
  }

  private exchange(
    request: Uint8Array,
    replied: (session: RequestSession, tookMs: number, ...reply: Reply) => void,
    failed: (error: LanceError) => void,
  ): () => void {
    const tell = (error: LanceError): void => tellOwner(() => failed(error));
    let redirects = 0;
    let isWanted = true;
    let callOff: () => void;
    const attempt = (session: RequestSession): void => {
      const sentMs = this.tally.sent();
      let isAnswered = false;
      session.send({
        request,
        reply: (...reply) => {
          isAnswered = true;
          try {
            replied(session, this.tally.replied(sentMs), ...reply);
          } catch (error) {
            // A reply that makes no sense ends the connection; what its receiver throws is not to: others wait there, too.
            if (error instanceof LanceError) throw error;
            reportOwnerError(error);
          }
        },
        failed: (error) => {
          // A reply that makes no sense is one all the same.
          if (!isAnswered) this.tally.failed();
          const goesOn = isWanted && this.route.leads(error) && redirects++ < this.route.maxRedirects;
          if (goesOn) callOff = this.pool.use(attempt, tell);
          else tell(error);
        },
      });
    };
    callOff = this.pool.use(attempt, tell);
    return () => {
      isWanted = false;
      callOff();
    };
  }
}
