import type { Bounds } from '../bounds.js';
import type { Slowness } from '../pipelines.js';

/** The second subscriber of the hot stream. */
export interface Companion {
  /** Has a vote; without it, it watches through `observe()`. */
  readonly votes: boolean;
  /** Comes when the first subscriber has seen some deliveries; else it is there from the start. */
  readonly joinsLate: boolean;
  /** Goes away after some deliveries without having settled one; else it acks each at once and stays. */
  readonly leavesEarly: boolean;
}

/** What one pipeline is asked to do. */
export interface HotQuestion {
  readonly pipeline: string;
  readonly slowness: Slowness;
  readonly companion: Companion;
  /** Whether the hostile one goes away in the middle of its first window. */
  readonly firstLeaves?: true;
  readonly window: { readonly deliveries: number; readonly bytes: number };
  /** How long one that never settles is watched once its window is full. */
  readonly standMs: number;
  /** When a run is given up, whatever it has come to. */
  readonly limitMs: number;
}

/** The highest values seen in bytes, the first by the server: messages leased at one moment, and what is retained over the start. */
export interface HotFigures extends Bounds {
  /** What the server counted in the end. */
  readonly queue: QueueFigures;
  /** Deliveries that the second subscriber has seen. */
  readonly seen: number;
  /** The stream's own count. */
  readonly fate: { readonly delivered: number; readonly acked: number; readonly abandoned: number };
}

export interface QueueFigures {
  readonly ready: number;
  readonly leased: number;
  /** The highest number of leases at one moment since the queue was filled. */
  readonly peak: number;
  /** Of all queues of this server, since this one was filled. */
  readonly acked: number;
  readonly nacked: number;
  readonly dead: number;
}

/** What the process with the server is asked; answered with the port, and with {@link QueueFigures}. */
export type ServerQuestion =
  | { readonly ask: 'port' }
  | { readonly ask: 'fill'; readonly queue: string }
  | { readonly ask: 'figures'; readonly queue: string };

export const MESSAGES = 200;
export const MESSAGE_BYTES = 64 << 10;
export const WINDOW = { deliveries: 32, bytes: 2 << 20 };
/** After how many deliveries the second subscriber comes late, and how many more it waits for before it goes early. */
export const LATE = 8;
export const EARLY = 8;
/** After how many deliveries the hostile one goes, if it does. */
export const FIRST_LEAVES = WINDOW.deliveries / 2;
const NOISE_BYTES = 4 << 20;

/** Messages that fill their share of the window exactly leave no slack at the server; in memory there is the process's own noise. */
export const BOUNDS: Bounds = { unsettled: WINDOW.bytes, growth: WINDOW.bytes + NOISE_BYTES };
