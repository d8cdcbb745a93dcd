import type { InMemoryFloServer } from '../../embedded/flo/in-memory-flo-server.js';
import type { HostedQueue } from '../../embedded/flo/hosted-flo.js';
import type { InMemoryLanceServer } from '../../embedded/lance/in-memory-lance-server.js';
import type { InMemoryLightningServer } from '../../embedded/lightning/in-memory-lightning-server.js';
import type { FateReport } from '../../observables/delivery/types.js';
import type { FloWire } from '../flo/flo-wire.js';
import type { LanceWire } from '../lance/lance-wire.js';
import type { LightningWire } from '../lightning/lightning-wire.js';
import type { Recording } from '../marbles/recording.js';
import type { Watch } from '../run/watch.js';

/** What became of the deliveries of one stream. */
export interface StreamFates extends Recording {
  /** The counts, in the end. */
  readonly report: FateReport;
  /** Its window, as `expectCredit` sees it. */
  readonly credit: Recording;
}

/** A queue as it was in the end, and its dead letters as texts. */
export interface QueueInTheEnd extends HostedQueue {
  readonly deadLetters: readonly string[];
}

/** All that a pipeline did. What is a recording can be compared with a diagram: `toMatchMarbles`, `assertMarbles`. */
export interface PipelineResult<O> {
  /** What the pipeline emitted: a recording, and `values`. */
  readonly output: Watch<O>;
  /** By the names of the streams, such as `flo:tasks`; a second one of the same name is `flo:tasks (2)`. */
  readonly fates: Readonly<Record<string, StreamFates>>;
  readonly wires: { readonly lance: LanceWire; readonly flo: FloWire; readonly lightning: LightningWire };
  /** The records of all topics in the end, as texts. */
  readonly topics: Readonly<Record<string, readonly string[]>>;
  /** The queues that were named in `flo.queues`, in the end. */
  readonly queues: Readonly<Record<string, QueueInTheEnd>>;
  /**
   * For what else there is to see. Their time is over: what depends on it, such as a lease, looks as if ages had passed.
   */
  readonly servers: {
    readonly lance: InMemoryLanceServer;
    readonly flo: InMemoryFloServer;
    readonly lightning: InMemoryLightningServer;
  };
}
