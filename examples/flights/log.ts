import { lastValueFrom } from 'rxjs';
import { LanceServer } from 'sluice/embedded';
import { LanceClient } from 'sluice/lance';
import { ofItsOwn, type Address } from './addresses.js';
import { patiently } from './patience.js';

/** The Lance server of this run, with the topic of the flights. */
export interface Log {
  readonly lance: LanceClient;
  readonly topic: string;
  close(): Promise<void>;
}

/** Uses the server at `address`, in a topic of the run's own that is deleted at the end, or else starts one in this process. */
export async function openLog(address: Address | undefined): Promise<Log> {
  if (address !== undefined) {
    const { host, port } = address;
    return withTopic(new LanceClient({ host, port }), ofItsOwn('flights'));
  }
  const server = await lastValueFrom(new LanceServer().start());
  const log = await withTopic(new LanceClient({ host: server.host, port: server.port }), 'flights');
  return {
    ...log,
    close: async () => {
      await log.close();
      await lastValueFrom(server.stop(), { defaultValue: undefined });
    },
  };
}

async function withTopic(lance: LanceClient, topic: string): Promise<Log> {
  await lastValueFrom(lance.createTopic(topic));
  return {
    lance,
    topic,
    close: async () => {
      await lastValueFrom(lance.deleteTopic(topic).pipe(patiently()));
      await lastValueFrom(lance.close());
    },
  };
}
