/**
 * The server's end of one connection, whatever carries it: a `net` socket or memory.
 * None of these calls calls back from inside; after `end`, `destroy` or `closed` they do nothing (`destroy` still does after `end`).
 */
export interface ServerEnd {
  /** Queues `bytes`, which must not change until they have left; false means: wait for `drained` (or `closed`). */
  write(bytes: Uint8Array): boolean;
  /** Holds back `received`, and `ended` behind it, until `resume`; what the peer sends meanwhile fills its write buffer. */
  pause(): void;
  resume(): void;
  /** Ends in order: what was written still arrives, then the peer is told. What the peer still sends is thrown away. */
  end(): void;
  /** Drops the connection at once, with whatever was still under way in either direction. */
  destroy(): void;
}

/**
 * What the server is told of one connection. `closed` comes exactly once and last,
 * on a later turn also after the server's own `end` or `destroy`, after which nothing else comes.
 */
export interface ServerEvents {
  /** The next bytes, in pieces of any size. They belong to the receiver and may be kept. */
  received(bytes: Uint8Array): void;
  /** What was written has left; `write` may be called again after it returned false. */
  drained(): void;
  /** The peer will send no more; it may still read. */
  ended(): void;
  /** The connection is gone, in order or not. */
  closed(): void;
}
