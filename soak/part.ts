/** What has been counted over all hours, by what it is. */
export type Sums = Map<string, number>;

/** One system with its users, under observation: what it is given to do, what befalls it, and its books. */
export interface Part {
  readonly name: 'lance' | 'flo' | 'lightning';
  /** What can go wrong, by name. */
  readonly misfortunes: Readonly<Record<string, () => void>>;
  readonly sums: Sums;
  /** Gives its users something to do, spread over this time. */
  feed(forMs: number): void;
  /** From now on nothing goes wrong: servers run, faults that wait are taken back, users that have crashed are back. */
  calm(): void;
  /** What is not right at the end of an hour, in words; closes the books of that hour. `undisturbed`: nothing went wrong in it. */
  audit(undisturbed: boolean): string[];
  /** Everybody leaves. */
  end(): void;
}

export function add(sums: Sums, what: string, count = 1): void {
  sums.set(what, (sums.get(what) ?? 0) + count);
}
