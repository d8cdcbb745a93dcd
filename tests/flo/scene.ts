import { FloServer, type FloServerOptions } from '../../src/embedded/flo/flo-server.js';
import type { FloClientOptions } from '../../src/observables/flo/client-options.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { finished, QUICK } from '../lance/scene.js';

export { cuttingProxy, eventually, expectNothingUnhandled, finished } from '../lance/scene.js';

/** A server on a socket, a client for it, and the end of both. */
export async function withServer(
  test: (scene: {
    server: FloServer;
    client: FloClient;
    newClient: (options?: FloClientOptions, port?: number) => FloClient;
  }) => Promise<void>,
  options: FloServerOptions = {},
): Promise<void> {
  const server = new FloServer(options);
  await finished(server.start());
  const clients: FloClient[] = [];
  const newClient = (own: FloClientOptions = {}, port = server.port): FloClient => {
    const client = new FloClient(`127.0.0.1:${port}`, { reconnect: QUICK, ...own });
    clients.push(client);
    return client;
  };
  try {
    await test({ server, client: newClient(), newClient });
  } finally {
    await Promise.all(clients.map((client) => finished(client.close({ deadlineMs: 0 }))));
    await finished(server.stop());
  }
}

export const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
