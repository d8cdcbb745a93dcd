import { catchError, lastValueFrom, map, of, throwError, type Observable } from 'rxjs';
import { json, type DeliveryStream } from 'sluice';
import { FloServer } from 'sluice/embedded';
import { FloClient, InternalServerError } from 'sluice/flo';
import { ofItsOwn, type Address } from './addresses.js';
import type { QueuedBatch } from './mini-batches.js';

/** The Flo server of this run, with the queue of the mini-batches. */
export interface Queue {
  readonly flo: FloClient;
  readonly name: string;
  /** Whether the server leases messages: one that does not has forgotten what it handed out, and keeps no dead letters. */
  readonly leases: boolean;
  close(): Promise<void>;
}

/** Uses the server at `address`, in a namespace of the run's own, or else starts one in this process. */
export async function openQueue(address: Address | undefined): Promise<Queue> {
  if (address !== undefined) return withQueue(new FloClient(endpointOf(address), { namespace: ofItsOwn('flights') }));
  const server = await lastValueFrom(new FloServer().start());
  const queue = await withQueue(new FloClient(server.address));
  return {
    ...queue,
    close: async () => {
      await queue.close();
      await lastValueFrom(server.stop(), { defaultValue: undefined });
    },
  };
}

/** The mini-batches as the workers take them: at most eight unsettled at any time, each leased until it is settled. */
export function messagesOf({ flo, name, leases }: Queue): DeliveryStream<QueuedBatch> {
  return flo.queue.messages(name, {
    codec: json<QueuedBatch>(),
    window: { deliveries: 8, bytes: 1024 * 1024 },
    blockMs: 250,
    // Leases are renewed while the work goes on. Short ones bring back soon what was lost on its way here.
    ...(leases ? { visibilityTimeoutMs: 5_000 } : { leases: false }),
  });
}

async function withQueue(flo: FloClient): Promise<Queue> {
  const name = 'mini-batches';
  return {
    flo,
    name,
    leases: await lastValueFrom(knowsLeases(flo, name)),
    close: async () => void (await lastValueFrom(flo.close())),
  };
}

/** Renewing the lease of a message that does not exist is no error, except where there are no leases. */
function knowsLeases(flo: FloClient, name: string): Observable<boolean> {
  return flo.queue.touch(name, [1n]).pipe(
    map(() => true),
    catchError((error: unknown) =>
      error instanceof InternalServerError && error.notImplemented ? of(false) : throwError(() => error),
    ),
  );
}

function endpointOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
