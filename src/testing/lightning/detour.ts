import type { InMemoryLightningServer } from '../../embedded/lightning/in-memory-lightning-server.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';

/** Leads each exchange to the server that is there when it begins. */
export class Detour implements Requester {
  private readonly ways = new Map<InMemoryLightningServer, Requester>();

  constructor(private readonly present: () => InMemoryLightningServer) {}

  get origin(): string {
    return this.present().origin;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    const server = this.present();
    let way = this.ways.get(server);
    if (way === undefined) this.ways.set(server, (way = server.requester()));
    return way.request(request, events);
  }

  close(): void {
    for (const way of this.ways.values()) way.close();
  }
}
