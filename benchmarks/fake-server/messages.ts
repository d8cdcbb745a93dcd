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
  /** Answers every few bytes with an acknowledgement's worth. */
  readonly pong: number;
}

/**
 * What it answers: the ports; bytes of a topic given to sockets so far; a topic's end; a `Digest` of what it sends; and,
 * after `collect`, a `Digest` of what was written to a topic since.
 */
export type ServerQuestion =
  | { readonly ask: 'ports' }
  | { readonly ask: 'sent'; readonly topic: number }
  | { readonly ask: 'end'; readonly topic: number }
  | { readonly ask: 'digest'; readonly topic: number; readonly records: number }
  | { readonly ask: 'collect' | 'collected'; readonly topic: number };
