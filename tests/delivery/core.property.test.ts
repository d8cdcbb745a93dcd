import fc from 'fast-check';
import { play, stories } from './model/commands.js';
import { runs } from './model/seed.js';

describe('whatever happens to a session', () => {
  const alone = runs(6_000);
  it(`keeps its books, one stream alone (${alone.title})`, () => {
    fc.assert(fc.property(stories(1, 120), play), alone.parameters);
  });

  const sharing = runs(4_000);
  it(`keeps its books, two streams that share a window (${sharing.title})`, () => {
    fc.assert(fc.property(stories(2, 150), play), sharing.parameters);
  });
});
