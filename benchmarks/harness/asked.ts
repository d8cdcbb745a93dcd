/** A process that answers questions, whatever it is written in. */
export interface Asked<Question> {
  readonly pid: number;
  ask<Answer>(question: Question): Promise<Answer>;
  /** Lets it go; it ends by itself. */
  release(): void;
}
