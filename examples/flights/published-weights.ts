import { defer, forkJoin, map, of, type Observable } from 'rxjs';
import { json, text } from 'sluice';
import type { LightningStoreClient, ResourcesUpdate } from 'sluice/lightning';
import type { Weights } from './model.js';
import { patiently } from './patience.js';
import type { Queue } from './queue.js';

const KEY = 'weights';

/** The weights where others find them: as resources of the store, and under a key in Flo. */
export class PublishedWeights {
  #resourcesId: string | undefined;

  constructor(
    private readonly store: LightningStoreClient,
    private readonly queue: Queue,
  ) {}

  /** Publishes new weights in both places. Rollouts that are enqueued from now on refer to them. */
  publish(weights: Weights): Observable<void> {
    const template = JSON.stringify(weights);
    const resources = { weights: { resourceType: 'prompt_template', template, engine: 'f-string' } } as const;
    const inStore = this.store.addResources(resources).pipe(patiently());
    const inFlo = this.queue.flo.kv.put(KEY, weights, { codec: json() }).pipe(patiently());
    return forkJoin([inStore, inFlo]).pipe(map(([{ resourcesId }]) => void (this.#resourcesId = resourcesId)));
  }

  /** Reads them back from both places: the JSON as it lies there, undefined if there is none. */
  read(): Observable<{ readonly resources: string | undefined; readonly kv: string | undefined }> {
    return forkJoin({
      resources: this.#inStore().pipe(patiently(), map(templateOf)),
      kv: this.queue.flo.kv.get(KEY, { codec: text() }).pipe(patiently()),
    });
  }

  /** By its id: the latest may be somebody else's. */
  #inStore(): Observable<ResourcesUpdate | undefined> {
    return defer(() => (this.#resourcesId === undefined ? of(undefined) : this.store.getResourcesById(this.#resourcesId)));
  }
}

function templateOf(update: ResourcesUpdate | undefined): string | undefined {
  const weights = update?.resources[KEY];
  return weights?.resourceType === 'prompt_template' ? weights.template : undefined;
}
