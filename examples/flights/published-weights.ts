import { defer, forkJoin, map, of, tap, type Observable } from 'rxjs';
import { text } from 'sluice';
import type { FloClient } from 'sluice/flo';
import type { LightningStoreClient, ResourcesUpdate } from 'sluice/lightning';
import type { Weights } from './model.js';
import { patiently } from './patience.js';

const KEY = 'weights';

/** What lies in the two places, as JSON; undefined where there is nothing. */
export interface FoundWeights {
  /** Under a key of Flo. */
  readonly kv: string | undefined;
  /** In a prompt template among the resources of the store. */
  readonly resources: string | undefined;
}

/** The weights where others find them: in Flo's KV, and as resources of the store. */
export class PublishedWeights {
  #resourcesId: string | undefined;

  constructor(
    private readonly store: LightningStoreClient,
    private readonly flo: FloClient,
  ) {}

  /** Publishes new weights in both places. Rollouts that are enqueued from now on refer to them. */
  publish(weights: Weights): Observable<unknown> {
    return defer(() => {
      const template = JSON.stringify(weights);
      const resources = { [KEY]: { resourceType: 'prompt_template', template, engine: 'f-string' } } as const;
      return forkJoin([
        this.flo.kv.put(KEY, template).pipe(patiently()),
        this.store.addResources(resources).pipe(
          patiently(),
          tap(({ resourcesId }) => void (this.#resourcesId = resourcesId)),
        ),
      ]);
    });
  }

  /** Reads back what was published last. */
  read(): Observable<FoundWeights> {
    return forkJoin({
      kv: this.flo.kv.get(KEY, { codec: text() }).pipe(patiently()),
      resources: this.#inStore().pipe(patiently(), map(templateOf)),
    });
  }

  /** Takes away what can be taken away: the store keeps its snapshots for ever. */
  withdraw(): Observable<unknown> {
    return this.flo.kv.delete(KEY).pipe(patiently());
  }

  /** By its id: the latest may be somebody else's. */
  #inStore(): Observable<ResourcesUpdate | undefined> {
    return defer(() =>
      this.#resourcesId === undefined ? of(undefined) : this.store.getResourcesById(this.#resourcesId),
    );
  }
}

/** In which places other weights were found than those of the model. */
export function differing(found: FoundWeights, weights: Weights): (keyof FoundWeights)[] {
  const own = JSON.stringify(weights);
  return (['kv', 'resources'] as const).filter((place) => found[place] !== own);
}

function templateOf(update: ResourcesUpdate | undefined): string | undefined {
  const weights = update?.resources[KEY];
  return weights?.resourceType === 'prompt_template' ? weights.template : undefined;
}
