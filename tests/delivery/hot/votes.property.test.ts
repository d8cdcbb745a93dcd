import fc from 'fast-check';
import { runs } from '../model/seed.js';
import { stories, tell } from './story.js';

describe('whatever the subscribers of a hot stream do', () => {
  const { title, parameters } = runs(3_000);
  it(`the worst vote wins, sums are exact, credit is exact, nothing stays behind (${title})`, () => {
    fc.assert(fc.property(stories(90), tell), parameters);
  });
});
