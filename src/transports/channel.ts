import type { SluiceError } from '../foundation/errors.js';

/**
 * What the owner of a channel is told. Nothing is ever called from inside `connect`, `write` or `close`;
 * `closed` comes exactly once and last, and not at all after the owner's own `close()`.
 */
export interface ChannelEvents {
  opened(): void;
  /** Where the next bytes are to be put: at least one byte long, owned by the channel until `received`. */
  target(): Uint8Array;
  /** The first `count` bytes of the last target have been filled. */
  received(count: number): void;
  /** What was written has left; `write` may be called again after it returned false. */
  drained(): void;
  /** The peer ended in order (no error), or the channel broke. */
  closed(error?: SluiceError): void;
}

/** A duplex pipe of bytes. Knows nothing of what they mean. */
export interface Channel {
  /** Queues `bytes`, which must not change until they have left; false means: wait for `drained`. Never calls back. */
  write(bytes: Uint8Array): boolean;
  /** Drops the channel at once, silently. Safe to call twice. */
  close(): void;
}

/** Makes channels to one place. */
export interface Connector {
  /** For errors and reports, such as `127.0.0.1:1992`. */
  readonly address: string;
  connect(events: ChannelEvents): Channel;
}
