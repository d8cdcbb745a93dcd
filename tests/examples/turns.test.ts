import { of, Subject } from 'rxjs';
import { Turns } from '../../examples/flights/turns.js';

describe('turns', () => {
  it('lets nobody begin before everyone ahead has ended', () => {
    const turns = new Turns();
    const [first, second] = [new Subject<string>(), new Subject<string>()];
    const seen: string[] = [];
    turns.inTurn(first).subscribe((value) => seen.push(value));
    turns.inTurn(second).subscribe((value) => seen.push(value));
    turns.inTurn(of('third')).subscribe((value) => seen.push(value));
    second.next('too early');
    first.next('first');
    first.complete();
    second.next('second');
    expect(seen).toEqual(['first', 'second']);
    second.complete();
    expect(seen).toEqual(['first', 'second', 'third']);
  });

  it('goes on when one fails, and when one leaves while it waits', () => {
    const turns = new Turns();
    const first = new Subject<string>();
    const seen: unknown[] = [];
    turns.inTurn(first).subscribe({ error: (error: unknown) => seen.push(error) });
    turns
      .inTurn(of('left'))
      .subscribe((value) => seen.push(value))
      .unsubscribe();
    turns.inTurn(of('last')).subscribe((value) => seen.push(value));
    expect(seen).toEqual([]);
    first.error('failed');
    expect(seen).toEqual(['failed', 'last']);
  });
});
