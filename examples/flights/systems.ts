import type { Addresses } from './addresses.js';
import { openLog, type Log } from './log.js';
import { openQueue, type Queue } from './queue.js';
import { openStore, type Store } from './store.js';

/** The three systems that the flights pass. */
export interface Systems {
  readonly log: Log;
  readonly queue: Queue;
  readonly store: Store;
}

/** Opens the three systems, runs something with them, and closes them whatever happens. */
export async function withSystems<T>(addresses: Addresses, run: (systems: Systems) => Promise<T>): Promise<T> {
  const open: { close(): Promise<void> }[] = [];
  const opened = async <S extends { close(): Promise<void> }>(opening: Promise<S>): Promise<S> => {
    const system = await opening;
    open.unshift(system);
    return system;
  };
  try {
    const log = await opened(openLog(addresses.lance));
    const queue = await opened(openQueue(addresses.flo));
    const store = await opened(openStore(addresses.lightning));
    const result = await run({ log, queue, store });
    for (let system = open.shift(); system !== undefined; system = open.shift()) await system.close();
    return result;
  } catch (error) {
    // What went wrong first is what counts: closing may well fail for the same reason.
    await Promise.allSettled(open.map((system) => system.close()));
    throw error;
  }
}
