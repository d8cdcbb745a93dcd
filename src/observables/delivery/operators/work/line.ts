/** What can stand in a {@link Line}. */
export interface Standing<J> {
  behind: J | undefined;
  /** It no longer wants its turn. */
  readonly over: boolean;
}

/** First in, first out, linked through its members: no array to shift when a hundred thousand wait. */
export class Line<J extends Standing<J>> {
  private first: J | undefined;
  private last: J | undefined;

  push(member: J): void {
    // Or those that were lost while nobody could serve them would be kept for as long as that lasts.
    while (this.first?.over === true) this.shift();
    if (this.last === undefined) this.first = member;
    else this.last.behind = member;
    this.last = member;
  }

  unshift(member: J): void {
    member.behind = this.first;
    this.first = member;
    this.last ??= member;
  }

  /** The next one that still wants its turn. */
  next(): J | undefined {
    let member = this.shift();
    while (member?.over === true) member = this.shift();
    return member;
  }

  private shift(): J | undefined {
    const member = this.first;
    if (member === undefined) return undefined;
    this.first = member.behind;
    member.behind = undefined;
    if (this.first === undefined) this.last = undefined;
    return member;
  }
}
