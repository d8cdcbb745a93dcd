interface Entry {
  confirmed: boolean;
  handled: number;
  dead: boolean;
}

/** How many ids a complaint names. */
const NAMED = 5;

/** What became of each message of one hour. */
export class Book {
  private readonly entries = new Map<number, Entry>();
  /** Handled, though nobody has given it in this hour. */
  private readonly strangers: number[] = [];

  given(id: number): void {
    this.entries.set(id, { confirmed: false, handled: 0, dead: false });
  }

  /** The server has said that it has the message. */
  confirmed(id: number): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.confirmed = true;
  }

  handled(id: number): void {
    const entry = this.entries.get(id);
    if (entry === undefined) this.strangers.push(id);
    else entry.handled++;
  }

  dead(id: number): void {
    const entry = this.entries.get(id);
    if (entry === undefined) this.strangers.push(id);
    else entry.dead = true;
  }

  /** How many there are of each kind. */
  get counts(): { given: number; confirmed: number; handled: number; again: number; dead: number } {
    const counts = { given: this.entries.size, confirmed: 0, handled: 0, again: 0, dead: 0 };
    for (const { confirmed, handled, dead } of this.entries.values()) {
      if (confirmed) counts.confirmed++;
      if (handled > 0) counts.handled++;
      counts.again += Math.max(0, handled - 1);
      if (dead) counts.dead++;
    }
    return counts;
  }

  /** What is wrong: `stored` says how often the server has a message; `once`: handling it again would be wrong, too. */
  audit(stored: (id: number) => number, once: boolean): string[] {
    const wrong = new Map<string, number[]>();
    const note = (what: string, id: number): void => void wrong.set(what, [...(wrong.get(what) ?? []), id]);
    for (const id of this.strangers) note('handled or dead in an hour that is not theirs', id);
    for (const [id, { confirmed, handled, dead }] of this.entries) {
      const copies = stored(id);
      if (confirmed && copies === 0) note('confirmed and lost by the server', id);
      if (copies > 0 && handled === 0 && !dead) note('neither handled nor dead', id);
      if (copies === 0 && (handled > 0 || dead)) note('handled, though the server never had them', id);
      if (once && copies > 1) note('stored twice, though nothing went wrong', id);
      if (once && (handled > 1 || (handled === 1 && dead))) note('handled twice, though nothing went wrong', id);
    }
    return Array.from(wrong, ([what, ids]) => {
      const some = ids.slice(0, NAMED).join(', ');
      return `${ids.length} ${what}: ${some}${ids.length > NAMED ? ' …' : ''}`;
    });
  }
}

/** Those that no handler can handle. */
export const isPoison = (id: number): boolean => id % 17 === 0;
