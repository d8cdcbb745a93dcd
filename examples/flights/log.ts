import { randomUUID } from 'node:crypto';
import { lastValueFrom } from 'rxjs';
import { LanceServer } from 'sluice/embedded';
import { LanceClient } from 'sluice/lance';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The Lance server of this run, with its two topics. */
export interface Log {
  readonly lance: LanceClient;
  readonly flights: string;
  readonly deadLetters: string;
  close(): Promise<void>;
}

/** Uses the server at `address`, in topics of the run's own that are deleted at the end, or else starts one in this process. */
export async function openLog(address: Address | undefined): Promise<Log> {
  if (address !== undefined) return withTopics(new LanceClient(address), `-${randomUUID().slice(0, 8)}`);
  const server = await lastValueFrom(new LanceServer({ port: 0 }).start());
  const log = await withTopics(new LanceClient({ host: server.host, port: server.port }), '');
  return {
    ...log,
    close: async () => {
      await log.close();
      await lastValueFrom(server.stop(), { defaultValue: undefined });
    },
  };
}

async function withTopics(lance: LanceClient, suffix: string): Promise<Log> {
  const flights = `flights${suffix}`;
  const deadLetters = `flights-dead${suffix}`;
  const topics = [flights, deadLetters];
  for (const topic of topics) await lastValueFrom(lance.createTopic(topic));
  return {
    lance,
    flights,
    deadLetters,
    close: async () => {
      for (const topic of topics) await lastValueFrom(lance.deleteTopic(topic), { defaultValue: undefined });
      await lastValueFrom(lance.close(), { defaultValue: undefined });
    },
  };
}
