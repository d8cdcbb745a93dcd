import type { Digest } from './digest.js';
import type { TopicPlan } from './synthetic-topic.js';

/** What the server process is started with. */
export interface ServerPlan {
  readonly topics: readonly TopicPlan[];
  /** The window that raw clients get and for which frames are prepared ahead. */
  readonly fetchBytes: number;
}

/** Where the server listens, on 127.0.0.1. */
export interface ServerPorts {
  readonly lwp: number;
  readonly firehose: number;
  readonly request: number;
}

export type ServerQuestion =
  | { readonly ask: 'ports' }
  | { readonly ask: 'sent'; readonly topic: number }
  | { readonly ask: 'end'; readonly topic: number }
  | { readonly ask: 'digest'; readonly topic: number; readonly records: number };

export interface ServerAnswers {
  ports: ServerPorts;
  /** Bytes of the topic that were given to sockets so far. */
  sent: number;
  /** Where the topic ends. */
  end: number;
  digest: Digest;
}
