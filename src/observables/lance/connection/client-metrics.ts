import type { ConnectionCounts } from '../../../transports/lance/connection-book.js';
import type { CommandCounts } from './command-tally.js';

/** What a client has done so far: its connections of all kinds, and its commands. */
export interface LanceClientMetrics extends CommandCounts {
  readonly connections: ConnectionCounts;
  /** How many times a server has named another leader than the one in use. */
  readonly redirects: number;
}
