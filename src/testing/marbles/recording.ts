/** Something that happened at a moment of a recording. */
export interface MarbleEvent {
  /** Virtual milliseconds since the run began; one is one frame of a diagram. */
  readonly atMs: number;
  readonly kind: 'next' | 'error' | 'complete';
  /** What a diagram's letter stands for is compared with this; the error if the kind is `error`. */
  readonly value: unknown;
  /** For people, such as `acked b (attempt 2) by work`. */
  readonly words?: string | undefined;
}

/** What letters stand for. */
export type Legend = Readonly<Record<string, unknown>>;

/** What has been noted so far of one thing that a diagram can show: an Observable, fates, credit, a wire. */
export interface Recording {
  /** What it is, for headlines, such as `fate of flo:tasks`. */
  readonly name: string;
  /** In the order in which they happened. */
  readonly events: readonly MarbleEvent[];
  /** What letters stand for unless a test says otherwise, such as `{ a: 'acked' }`. */
  readonly legend?: Legend | undefined;
  /** How a test compares less of it at once, where no diagram can say the whole, such as `wire.sent`. */
  readonly parts?: string | undefined;
  /** Whether an event is what the test expects; deep equality unless given. */
  matches?(actual: unknown, expected: unknown): boolean;
}
