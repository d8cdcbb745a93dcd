import fc from 'fast-check';
import { Fifo } from '../../src/observables/delivery/core/fifo.js';
import { runs } from './model/seed.js';

describe('Fifo', () => {
  const { title, parameters } = runs(500);
  it(`gives back what it was given, in its order, however it has grown and turned (${title})`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        let next = 0;
        for (const [at, count] of steps.entries()) {
          for (let each = 0; each < count; each++) {
            if (at % 2 === 0) {
              fifo.push(next);
              model.push(next++);
            } else expect(fifo.shift()).toBe(model.shift());
          }
          expect([fifo.size, fifo.first]).toEqual([model.length, model[0]]);
        }
      }),
      parameters,
    );
  });
});
