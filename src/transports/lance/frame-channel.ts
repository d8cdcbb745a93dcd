import { LanceError, ConnectionError, InvalidFrameError } from '../../codecs/lance/errors.js';
import { FrameReader, type FrameOwner } from '../../codecs/lance/frame-reader.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, Connector } from '../channel.js';

/** Who speaks frames over a channel. `closed` comes once and last, and not after the owner's own `close`. */
export interface FrameChannelOwner extends FrameOwner {
  opened(): void;
  drained?(): void;
  closed(error: LanceError): void;
}

/** A channel that carries frames: a bad frame or an error of its owner's handling ends it. */
export class FrameChannel {
  private readonly channel: Channel;
  private readonly reader: FrameReader;
  private over = false;

  constructor(connector: Connector, owner: FrameChannelOwner) {
    this.reader = new FrameReader(owner);
    const { reader } = this;
    const { address } = connector;
    this.channel = connector.connect({
      opened: () => owner.opened(),
      target: () => reader.target(),
      received: (count) => {
        try {
          reader.received(count);
        } catch (error) {
          // Only what the peer did wrong is the end of the session; anything else is a bug and must be seen.
          if (!(error instanceof LanceError)) throw error;
          if (this.over) return;
          this.close();
          owner.closed(located(address, error));
        }
      },
      drained: () => owner.drained?.(),
      closed: (error) => {
        if (this.over) return;
        this.over = true;
        owner.closed(connectionError(address, error));
      },
    });
  }

  /** False: wait for `drained`. */
  write(frame: Uint8Array): boolean {
    return this.channel.write(frame);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.reader.stop();
    this.channel.close();
  }
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
