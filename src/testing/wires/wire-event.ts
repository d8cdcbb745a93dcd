/** Something on a wire, as tests compare it: `name`, where it went, and whatever its kind has beside. */
export interface WireEvent {
  /** What it is, such as `Fetch`; letters of diagrams stand for these names. */
  readonly name: string;
  readonly direction: 'sent' | 'received';
  /** The how-manieth connection, from 1; for HTTP the how-manieth exchange. */
  readonly connection: number;
  /** Of that kind, such as `start` and `maxBytes` of a `Fetch`. */
  readonly [field: string]: unknown;
}

/** What is on every wire that has connections, in letters. */
export const CONNECTION_LETTERS = { C: 'connect', o: 'opened', x: 'closed', X: 'close', '?': 'garbage' } as const;
