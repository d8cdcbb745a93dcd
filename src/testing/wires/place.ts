import type { Connector } from '../../transports/channel.js';

/** Where a server is. */
export interface Place {
  readonly connector: Connector;
  /** Drops all connections and refuses new ones. */
  stop(): void;
  /** Takes connections again. */
  start(): void;
}
