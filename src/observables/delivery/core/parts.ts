/** A delivery that is settled part by part, such as a batch record by record, and how far it is. */
export class Parts {
  private readonly settledTo = new Set<() => number>();

  /** `reached` is where it begins. */
  constructor(private reached: number) {}

  /** Whoever settles its parts says where the first one begins that is not settled. */
  add(settledTo: () => number): void {
    this.settledTo.add(settledTo);
  }

  /** It comes again, whole; what was settled of it before stays settled, and nothing more is until then. */
  renew(): void {
    this.reached = this.end;
    this.settledTo.clear();
  }

  /** Everything below is settled. It never goes back. */
  get end(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const settledTo of this.settledTo) least = Math.min(least, settledTo());
    if (least < Number.POSITIVE_INFINITY) this.reached = Math.max(this.reached, least);
    return this.reached;
  }
}
