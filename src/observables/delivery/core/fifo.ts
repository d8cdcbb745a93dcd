/** First in, first out, in a ring that grows and is used again: no allocation per member, no member is ever moved. */
export class Fifo<M> {
  private ring: (M | undefined)[] = new Array<M | undefined>(8);
  private head = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get first(): M | undefined {
    return this.ring[this.head];
  }

  push(member: M): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = member;
    this.count++;
  }

  shift(): M | undefined {
    if (this.count === 0) return undefined;
    const member = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    return member;
  }

  private grow(): void {
    const size = this.ring.length;
    const larger = new Array<M | undefined>(size * 2);
    for (let at = 0; at < size; at++) larger[at] = this.ring[(this.head + at) & (size - 1)];
    this.ring = larger;
    this.head = 0;
  }
}
