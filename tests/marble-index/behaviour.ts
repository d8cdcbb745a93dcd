/** Something that a run has shown, as a diagram. */
export interface Drawn {
  readonly name: string;
  readonly diagram: string;
}

/** A test of the specification. */
export interface Behaviour {
  /** With the names of the groups it is in. */
  readonly name: string;
  readonly drawn: readonly Drawn[];
}
