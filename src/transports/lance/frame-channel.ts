import {
  AccessDeniedError,
  LanceError,
  ConnectionError,
  InvalidFrameError,
  NotLeaderError,
} from '../../codecs/lance/errors.js';
import { FrameReader, type FrameOwner } from '../../codecs/lance/frame-reader.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../channel.js';

/** Who speaks frames over a channel. `closed` comes once and last, and not after the owner's own `close`. */
export interface FrameChannelOwner extends FrameOwner {
  opened(): void;
  drained?(): void;
  closed(error: LanceError): void;
}

/** A channel that may be told why its owner drops it. */
export interface FrameLink extends Channel {
  /** `why` is what the server did wrong, or did not do; without it nothing is wrong. */
  close(why?: LanceError): void;
}

/** Makes channels to a server, and may be told of a better one. */
export interface FrameConnector extends Connector {
  connect(events: ChannelEvents): FrameLink;
  /** The server at `from` says that the one at `to` leads; both are `host:port`. */
  redirected?(from: string, to: string): void;
  /** The server at `from` took a connection, and left what it was asked over it without an answer. */
  silent?(from: string): void;
  /** False: it has no token that its connections could show. */
  readonly hasToken?: boolean;
}

/** A channel that carries frames: a bad frame or an error of its owner's handling ends it. */
export class FrameChannel {
  /** Of the server; its connector may lead to another one later. */
  readonly address: string;
  private readonly channel: FrameLink;
  private readonly reader: FrameReader;
  private hasHeard = false;
  private over = false;

  constructor(
    private readonly connector: FrameConnector,
    owner: FrameChannelOwner,
  ) {
    this.reader = new FrameReader(owner);
    const { reader } = this;
    const { address } = connector;
    this.address = address;
    this.channel = connector.connect({
      opened: () => owner.opened(),
      target: () => reader.target(),
      received: (count) => {
        this.hasHeard = true;
        try {
          reader.received(count);
        } catch (error) {
          // Only what the peer did wrong is the end of the session; anything else is a bug and must be seen.
          if (!(error instanceof LanceError)) throw error;
          if (this.over) return;
          const why = located(address, error);
          this.close(why);
          owner.closed(why);
        }
      },
      drained: () => owner.drained?.(),
      closed: (error) => {
        if (this.over) return;
        this.over = true;
        owner.closed(error instanceof LanceError ? error : connectionError(address, error));
      },
    });
  }

  /** False: wait for `drained`. */
  write(frame: Uint8Array): boolean {
    return this.channel.write(frame);
  }

  /** The server answered with this: if it names a leader, later connections go there. Returns what its owner is to tell. */
  refused(error: LanceError): LanceError {
    if (error instanceof NotLeaderError && error.leaderAddr !== undefined) {
      this.connector.redirected?.(this.address, error.leaderAddr);
    }
    const isTokenMissing = error instanceof AccessDeniedError && this.connector.hasToken === false;
    return isTokenMissing ? tokenMissing(error) : error;
  }

  /** The server has not answered in time; if it never did, later connections go elsewhere. */
  unanswered(): void {
    if (!this.hasHeard) this.connector.silent?.(this.address);
  }

  /** `why` is what the server did wrong, or did not do. */
  close(why?: LanceError): void {
    if (this.over) return;
    this.over = true;
    this.reader.stop();
    this.channel.close(why);
  }
}

/** The server's words say what is wrong, not what to do about it. */
function tokenMissing(cause: AccessDeniedError): AccessDeniedError {
  return new AccessDeniedError(`${cause.message}: give the option token`, { cause, context: cause.context });
}

/** A frame that does not even begin as one may be of another system. */
function located(address: string, error: LanceError): LanceError {
  if (!(error instanceof InvalidFrameError && 'magic' in error.context)) return error;
  return new InvalidFrameError(`${address}: ${error.message}; is this a Lance server?`, {
    cause: error,
    context: { ...error.context, address },
  });
}

function connectionError(address: string, cause: SluiceError | undefined): ConnectionError {
  const message = cause === undefined ? `${address} closed the connection` : cause.message;
  const { retryable = true, context = { address } } = cause ?? {};
  return new ConnectionError(message, { cause, retryable, context });
}
