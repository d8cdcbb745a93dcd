import { FloServer } from 'sluice/embedded';
import { FloClient } from 'sluice/flo';
import { differing, PublishedWeights } from '../../examples/flights/published-weights.js';
import { only, storeInMemory } from './store-in-memory.js';

const weights = { all: { minutes: 0.1 + 0.2, flights: 3 }, 'from DTW': { minutes: -1 / 3, flights: 1 } };

describe('published weights', () => {
  it('are the same in both places, to the last digit', async () => {
    const { published, server, flo } = scene();
    await only(published.publish({}));
    await only(published.publish(weights));
    const found = await only(published.read());
    expect(differing(found, weights)).toEqual([]);
    expect(JSON.parse(found.kv!)).toEqual(weights);
    expect(server.resources.map(({ version }) => version)).toEqual([1, 1]);
    expect(flo.kv('weights')?.value).toEqual(new TextEncoder().encode(JSON.stringify(weights)));
  });

  it('are found to differ where somebody else has written', async () => {
    const { published, store, flo } = scene();
    await only(published.publish(weights));
    // Other resources are not ours, whoever was last.
    await only(
      store.addResources({ weights: { resourceType: 'prompt_template', template: '{}', engine: 'f-string' } }),
    );
    expect(differing(await only(published.read()), weights)).toEqual([]);
    flo.put('weights', new TextEncoder().encode('{}'));
    expect(differing(await only(published.read()), weights)).toEqual(['kv']);
    expect(differing(await only(published.read()), {})).toEqual(['resources']);
  });

  it('are missed where there are none', async () => {
    const { published } = scene();
    expect(differing(await only(published.read()), {})).toEqual(['kv', 'resources']);
    await only(published.publish({}));
    await only(published.withdraw());
    expect(differing(await only(published.read()), {})).toEqual(['kv']);
  });
});

function scene() {
  const { server, store } = storeInMemory();
  const flo = FloServer.inMemory();
  flo.start().subscribe();
  const client = new FloClient('flo:9000', { connector: flo.connector() });
  return { published: new PublishedWeights(store, client), server, store, flo };
}
