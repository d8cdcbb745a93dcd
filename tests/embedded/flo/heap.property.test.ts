import fc from 'fast-check';
import { Heap, type Placed } from '../../../src/embedded/flo/heap.js';
import { runs } from '../../delivery/model/seed.js';

interface Member extends Placed {
  readonly rank: number;
}

const { title, parameters } = runs(300, 10_000);

it(`gives its members back in order, whoever leaves from wherever meanwhile (${title})`, () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.nat({ max: 30 }) }) },
    fc.record({ leave: fc.nat({ max: 50 }) }),
    fc.record({ take: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const heap = new Heap<Member>((one, other) => one.rank < other.rank);
      const model: Member[] = [];
      for (const each of steps) {
        if ('add' in each) {
          const member = { rank: each.add, place: -1 };
          heap.add(member);
          model.push(member);
        } else if ('leave' in each) {
          const [member] = model.splice(each.leave % (model.length || 1), 1);
          if (member === undefined) continue;
          expect(heap.remove(member)).toBe(true);
          expect(heap.remove(member)).toBe(false);
        } else {
          const least = Math.min(...model.map(({ rank }) => rank));
          const taken = heap.takeFirst();
          if (taken === undefined) expect(model).toEqual([]);
          else {
            expect(taken.rank).toBe(least);
            model.splice(model.indexOf(taken), 1);
          }
        }
        expect(heap.size).toBe(model.length);
      }
      const rest: number[] = [];
      for (let next = heap.takeFirst(); next !== undefined; next = heap.takeFirst()) rest.push(next.rank);
      expect(rest).toEqual(model.map(({ rank }) => rank).sort((one, other) => one - other));
    }),
    parameters,
  );
});
