import { FloServer } from 'sluice/embedded';
import { FloClient } from 'sluice/flo';
import type { Weights } from '../../examples/flights/model.js';
import { PublishedWeights } from '../../examples/flights/published-weights.js';
import { only, storeInMemory } from './store-in-memory.js';

const learned = { all: { minutes: 0.1 + 0.2, flights: 3 }, 'from DTW': { minutes: -1 / 3, flights: 1 } };

describe('published weights', () => {
  it('are the same in both places, to the last digit', async () => {
    const { trainer, published, server, flo } = scene();
    await only(published.publish());
    trainer.weights = learned;
    await only(published.publish());
    expect(await only(published.read())).toEqual({ weights: learned, otherIn: [] });
    expect(server.resources.map(({ version }) => version)).toEqual([1, 1]);
    expect(flo.kv('weights')?.value).toEqual(utf8(JSON.stringify(learned)));
  });

  it('are found to differ where the trainer has gone on, or somebody else has written', async () => {
    const { trainer, published, store, flo } = scene();
    trainer.weights = learned;
    await only(published.publish());
    // Other resources are not ours, whoever was last.
    await only(
      store.addResources({ weights: { resourceType: 'prompt_template', template: '{}', engine: 'f-string' } }),
    );
    expect((await only(published.read())).otherIn).toEqual([]);
    flo.put('weights', utf8('{}'));
    expect(await only(published.read())).toEqual({ weights: {}, otherIn: ['kv'] });
    trainer.weights = {};
    expect((await only(published.read())).otherIn).toEqual(['resources']);
  });

  it('are missed where there are none', async () => {
    const { published } = scene();
    expect((await only(published.read())).otherIn).toEqual(['kv', 'resources']);
    await only(published.publish());
    await only(published.withdraw());
    expect((await only(published.read())).otherIn).toEqual(['kv']);
  });
});

function scene() {
  const { server, store } = storeInMemory();
  const flo = FloServer.inMemory();
  flo.start().subscribe();
  const client = new FloClient('flo:9000', { connector: flo.connector() });
  const trainer: { weights: Weights } = { weights: {} };
  return { trainer, published: new PublishedWeights(trainer, store, client), server, store, flo };
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
