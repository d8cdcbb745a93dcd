import { Line } from '../../src/observables/delivery/operators/work/line.js';

class Member {
  behind: Member | undefined = undefined;
  over = false;

  constructor(readonly name: string) {}
}

/** How many a line keeps, those that are over included. */
function kept(first: Member): number {
  let count = 0;
  for (let at: Member | undefined = first; at !== undefined; at = at.behind) count++;
  return count;
}

describe('a line', () => {
  it('is first in, first out; who is put in front goes first', () => {
    const line = new Line<Member>();
    for (const name of 'abc') line.push(new Member(name));
    line.unshift(new Member('z'));
    expect([line.next(), line.next(), line.next(), line.next(), line.next()].map((member) => member?.name)).toEqual([
      'z',
      'a',
      'b',
      'c',
      undefined,
    ]);
    line.push(new Member('d'));
    expect(line.next()?.name).toBe('d');
  });

  it('passes over those that are over', () => {
    const line = new Line<Member>();
    const members = [...'abcd'].map((name) => new Member(name));
    for (const member of members) line.push(member);
    for (const at of [0, 1, 3]) members[at]!.over = true;
    expect(line.next()?.name).toBe('c');
    expect(line.next()).toBeUndefined();
  });

  it('keeps nobody who was lost while it stood still: memory is bounded by those who still wait', () => {
    const line = new Line<Member>();
    const members: Member[] = [];
    for (let each = 0; each < 1_000; each++) {
      const member = new Member(String(each));
      line.push(member);
      members.push(member);
      if (each >= 2) members[each - 2]!.over = true;
    }
    // From the oldest that a line may still hold on: the last three.
    expect(kept(members[997]!)).toBe(3);
    expect(members[996]!.behind).toBeUndefined();
    expect(line.next()?.name).toBe('998');
  });
});
