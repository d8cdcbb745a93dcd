/** What can stand in a {@link Line}. */
export interface Standing<J> {
  behind: J | undefined;
}

/** First in, first out, linked through its members: no array to shift when a hundred thousand wait. */
export class Line<J extends Standing<J>> {
  private first: J | undefined;
  private last: J | undefined;

  push(member: J): void {
    if (this.last === undefined) this.first = member;
    else this.last.behind = member;
    this.last = member;
  }

  unshift(member: J): void {
    member.behind = this.first;
    this.first = member;
    this.last ??= member;
  }

  shift(): J | undefined {
    const member = this.first;
    if (member === undefined) return undefined;
    this.first = member.behind;
    member.behind = undefined;
    if (this.first === undefined) this.last = undefined;
    return member;
  }
}
