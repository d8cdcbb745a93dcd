/** What can stand in a {@link Heap}: it knows its place there, so that it can leave from anywhere. */
export interface Placed {
  /** -1 while it stands in none; the heap's own business otherwise. */
  place: number;
}

/** A binary heap whose members can be taken out wherever they stand. A member stands in one heap at a time. */
export class Heap<T extends Placed> {
  readonly #members: T[] = [];
  readonly #before: (one: T, other: T) => boolean;

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#members.length;
  }

  get first(): T | undefined {
    return this.#members[0];
  }

  add(member: T): void {
    this.#members.push(member);
    this.#rise(member, this.#members.length - 1);
  }

  /** Takes it out; false if it stands in no heap. */
  remove(member: T): boolean {
    const at = member.place;
    if (at < 0) return false;
    const last = this.#members.pop()!;
    member.place = -1;
    if (last === member) return true;
    this.#rise(last, at);
    this.#sink(last, last.place);
    return true;
  }

  takeFirst(): T | undefined {
    const first = this.#members[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  #rise(member: T, from: number): void {
    let at = from;
    while (at > 0) {
      const above = this.#members[(at - 1) >> 1]!;
      if (!this.#before(member, above)) break;
      this.#put(above, at);
      at = (at - 1) >> 1;
    }
    this.#put(member, at);
  }

  #sink(member: T, from: number): void {
    const members = this.#members;
    let at = from;
    for (;;) {
      const left = members[2 * at + 1];
      if (left === undefined) break;
      const right = members[2 * at + 2];
      const below = right !== undefined && this.#before(right, left) ? right : left;
      if (!this.#before(below, member)) break;
      const next = below.place;
      this.#put(below, at);
      at = next;
    }
    this.#put(member, at);
  }

  #put(member: T, at: number): void {
    this.#members[at] = member;
    member.place = at;
  }
}
