import { lastValueFrom, timer, type Observable } from 'rxjs';
import { LightningServer, type LightningServerOptions } from '../../src/embedded/lightning/lightning-server.js';
import type { LightningStoreClientOptions } from '../../src/observables/lightning/client-options.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';

/** Runs an Observable to its end; its last value, or undefined. */
export const finished = <T>(source: Observable<T>): Promise<T | undefined> =>
  lastValueFrom(source, { defaultValue: undefined });

/** Waits until something is so; throws when it takes too long. */
export async function eventually(isSo: () => boolean, withinMs = 5_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${withinMs} ms: ${isSo.toString()}`);
    await lastValueFrom(timer(1));
  }
}

/** Short pauses, so that tests of retries are short. */
export const QUICK = { retryDelaysMs: [5, 10, 20], healthRetryDelaysMs: [5, 10, 20] } as const;

/** A server on a socket, a client for it, and the end of both. */
export async function withServer(
  test: (scene: { server: LightningServer; client: LightningStoreClient }) => Promise<void>,
  options: LightningServerOptions & { client?: LightningStoreClientOptions } = {},
): Promise<void> {
  const { client: clientOptions, ...serverOptions } = options;
  const server = new LightningServer(serverOptions);
  await finished(server.start());
  const client = new LightningStoreClient(server.origin, { ...QUICK, ...clientOptions });
  try {
    await test({ server, client });
  } finally {
    await finished(client.close());
    await finished(server.stop());
  }
}
