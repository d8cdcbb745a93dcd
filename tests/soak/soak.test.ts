import { Book } from '../../soak/book.js';
import { failure, summary } from '../../soak/report.js';
import { voyage, worldOf, type VoyagePlan } from '../../soak/voyage.js';
import { NotExactError } from '../../soak/world.js';

async function sail(plan: Pick<VoyagePlan, 'seed' | 'from' | 'hours'>): Promise<{ hours: number; report: string }> {
  const sums = { lance: new Map(), flo: new Map(), lightning: new Map(), misfortunes: new Map() };
  let hours = 0;
  for await (const bytes of voyage({ ...plan, sums, hourIsOver: () => hours++ })) expect(bytes).toBeGreaterThan(0);
  return { hours, report: summary(sums) };
}

describe('a soak', () => {
  it('is the same each time for the same seed, and another one for another', async () => {
    const first = await sail({ seed: 3, from: 1, hours: 2 });
    expect(first.hours).toBe(2);
    expect(first.report).toMatch(/lance +[1-9]\d* records sent/);
    expect(await sail({ seed: 3, from: 1, hours: 2 })).toEqual(first);
    expect((await sail({ seed: 4, from: 1, hours: 2 })).report).not.toEqual(first.report);
  });

  it('fails in the hour in which a message is lost, and says how to see it again', async () => {
    let handled = 0;
    const honest = Book.prototype.handled;
    jest.spyOn(Book.prototype, 'handled').mockImplementation(function (this: Book, id: number) {
      if (++handled !== 400) honest.call(this, id);
    });
    const error = await sail({ seed: 3, from: 21, hours: 5 }).catch((thrown: unknown) => thrown);
    jest.restoreAllMocks();
    if (!(error instanceof NotExactError)) throw error;
    expect(error.hour).toBeGreaterThan(21);
    expect(error.complaints).toEqual([expect.stringMatching(/^(lance|flo): 1 neither handled nor dead: \d+$/)]);
    const hours = error.hour - 20;
    expect(failure(error, 3)).toContain(`soak: FAILED in hour ${error.hour}, seed 3`);
    expect(failure(error, 3)).toContain(`Again: npm run soak -- --seed 3 --from 21 --hours ${hours}`);
  });

  it('goes back to where the world of an hour begins', () => {
    expect([1, 20, 21, 40, 41].map(worldOf)).toEqual([1, 1, 21, 21, 41]);
  });
});

describe('the book of an hour', () => {
  const always = (): number => 1;
  function book(write: (book: Book) => void): Book {
    const written = new Book();
    for (const id of [1, 2]) written.given(id);
    written.handled(1);
    write(written);
    return written;
  }

  it('is right when each message is handled, dead, or was never there', () => {
    expect(book((b) => b.handled(2)).audit(always, true)).toEqual([]);
    expect(book((b) => b.dead(2)).audit(always, true)).toEqual([]);
    expect(book(() => {}).audit((id) => (id === 1 ? 1 : 0), true)).toEqual([]);
  });

  it.each<[string, (book: Book) => void, (id: number) => number, boolean]>([
    ['1 neither handled nor dead: 2', () => {}, always, false],
    ['1 confirmed and lost by the server: 2', (b) => b.confirmed(2), (id) => (id === 1 ? 1 : 0), false],
    ['1 handled, though the server never had them: 2', (b) => b.handled(2), (id) => (id === 1 ? 1 : 0), false],
    [
      '1 handled or dead in an hour that is not theirs: 7',
      (b) => {
        b.handled(2);
        b.handled(7);
      },
      always,
      false,
    ],
    [
      '1 handled twice, though nothing went wrong: 1',
      (b) => {
        b.dead(2);
        b.handled(1);
      },
      always,
      true,
    ],
    ['1 stored twice, though nothing went wrong: 2', (b) => b.dead(2), (id) => id, true],
  ])('says: %s', (complaint, write, stored, once) => {
    expect(book(write).audit(stored, once)).toEqual([complaint]);
  });
});
