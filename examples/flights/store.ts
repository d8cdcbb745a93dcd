import { lastValueFrom } from 'rxjs';
import { LightningServer } from 'sluice/embedded';
import { LightningStoreClient } from 'sluice/lightning';

/** The Lightning store of this run. */
export interface Store {
  readonly client: LightningStoreClient;
  close(): Promise<void>;
}

/** Uses the store at `url`, or else starts one in this process. */
export async function openStore(url: string | undefined): Promise<Store> {
  if (url !== undefined) return forUs(new LightningStoreClient(url));
  const server = await lastValueFrom(new LightningServer().start());
  const store = await forUs(new LightningStoreClient(server.origin));
  return {
    ...store,
    close: async () => {
      await store.close();
      await lastValueFrom(server.stop(), { defaultValue: undefined });
    },
  };
}

async function forUs(client: LightningStoreClient): Promise<Store> {
  // A store has one queue for everybody, so the workers would be handed the rollouts of others.
  const waiting = await lastValueFrom(client.queryRollouts({ statusIn: ['queuing', 'requeuing'], limit: 1 }));
  if (waiting.total > 0) {
    throw new Error(
      `The Lightning store is in use (rollouts that wait: ${waiting.total}): please take one that is idle.`,
    );
  }
  return { client, close: () => lastValueFrom(client.close()) };
}
