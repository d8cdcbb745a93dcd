import { lastValueFrom, type Observable } from 'rxjs';
import { LightningServer, type InMemoryLightningServer } from 'sluice/embedded';
import { LightningStoreClient } from 'sluice/lightning';
import type { Flight } from '../../examples/flights/flights.js';
import type { QueuedBatch } from '../../examples/flights/mini-batches.js';
import { Rollouts } from '../../examples/flights/rollouts.js';

/** A store without sockets, and the rollouts of a run in it. */
export interface StoreScene {
  readonly server: InMemoryLightningServer;
  readonly store: LightningStoreClient;
  readonly rollouts: Rollouts;
  /** Enqueues rollouts for the mini-batches with these numbers. */
  enqueued(...numbers: number[]): Promise<QueuedBatch[]>;
}

export function storeInMemory(): StoreScene {
  const server = LightningServer.inMemory();
  server.start().subscribe();
  const store = new LightningStoreClient('http://store', { requester: server.requester() });
  const rollouts = new Rollouts(store);
  return {
    server,
    store,
    rollouts,
    enqueued: async (...numbers) => {
      const batches: QueuedBatch[] = [];
      for (const number of numbers) {
        const batch = { number, flights: flightsOf(number) };
        batches.push({ ...batch, rolloutId: await only(rollouts.enqueue(batch)) });
      }
      return batches;
    },
  };
}

/** The one value of a command. */
export const only = <T>(source: Observable<T>): Promise<T> => lastValueFrom(source);

/** Two flights of a mini-batch, with ids that tell its number. */
function flightsOf(number: number): Flight[] {
  return [0, 1].map((index) => ({
    id: number * 10 + index,
    date: '2001/01/01 08:00',
    delay: 30,
    distance: 500,
    origin: 'DTW',
    destination: 'LAS',
  }));
}
