import { defer, forkJoin, map, of, tap, type Observable } from 'rxjs';
import { text } from 'sluice';
import type { FloClient } from 'sluice/flo';
import type { LightningStoreClient, ResourcesUpdate } from 'sluice/lightning';
import type { Weights } from './model.js';
import { patiently } from './patience.js';
import type { Trainer } from './trainer.js';

const KEY = 'weights';

/** Where weights are published: under a key of Flo, and in a prompt template among the resources of the store. */
export type Place = 'kv' | 'resources';

/** What was read back. */
export interface FoundWeights {
  /** What lies in Flo; none if there is nothing. */
  readonly weights: Weights;
  /** Where something else was found than the trainer has. */
  readonly otherIn: readonly Place[];
}

/** The weights where others find them: in Flo's KV, and as resources of the store. */
export class PublishedWeights {
  #resourcesId: string | undefined;

  constructor(
    private readonly trainer: Pick<Trainer, 'weights'>,
    private readonly store: LightningStoreClient,
    private readonly flo: FloClient,
  ) {}

  /** Publishes what the model knows now, in both places. Rollouts that are enqueued from now on refer to it. */
  publish(): Observable<unknown> {
    return defer(() => {
      const template = JSON.stringify(this.trainer.weights);
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

  /** Reads both back and compares them with what the trainer has. */
  read(): Observable<FoundWeights> {
    return forkJoin({
      kv: this.flo.kv.get(KEY, { codec: text() }).pipe(patiently()),
      resources: this.#inStore().pipe(patiently(), map(templateOf)),
    }).pipe(
      map((found) => {
        const own = JSON.stringify(this.trainer.weights);
        return {
          weights: JSON.parse(found.kv ?? '{}') as Weights,
          otherIn: (['kv', 'resources'] as const).filter((place) => found[place] !== own),
        };
      }),
    );
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

function templateOf(update: ResourcesUpdate | undefined): string | undefined {
  const weights = update?.resources[KEY];
  return weights?.resourceType === 'prompt_template' ? weights.template : undefined;
}
