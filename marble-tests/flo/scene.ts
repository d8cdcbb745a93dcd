import type { FloProtocol } from '../../src/codecs/flo/codec.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { text } from '../../src/codecs/payload/text.js';
import { FloServer } from '../../src/embedded/flo/flo-server.js';
import type { InMemoryFloOptions, InMemoryFloServer } from '../../src/embedded/flo/in-memory-flo-server.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import type { FloClientOptions } from '../../src/observables/flo/client-options.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import type { MessagesOptions } from '../../src/observables/flo/messages-options.js';
import { Wiretap } from './wiretap.js';

export { Deliveries, Watch } from '../support/watch.js';

/** Exact pauses: 100, 200, 400 … ms. */
export const EXACT = { jitter: 'none' } as const;

/** A server in memory, 10 ms away unless said otherwise, and what its clients write. Make it inside a test's virtual time. */
export class Scene {
  readonly server: InMemoryFloServer;
  readonly wire: Wiretap;
  readonly protocol: FloProtocol;
  private lazyClient: FloClient | undefined;

  constructor(
    options: InMemoryFloOptions = {},
    private readonly clientOptions: FloClientOptions = {},
  ) {
    this.protocol = clientOptions.protocol ?? 'v1-32';
    this.server = FloServer.inMemory({ latencyMs: 10, ...options });
    this.server.start().subscribe();
    this.wire = new Wiretap(this.server.connector(), this.protocol);
  }

  get client(): FloClient {
    this.lazyClient ??= this.newClient();
    return this.lazyClient;
  }

  newClient(options: FloClientOptions = {}): FloClient {
    return new FloClient('memory:9000', { connector: this.wire, reconnect: EXACT, ...this.clientOptions, ...options });
  }

  /** Puts a message per text on the queue `q`; they get the numbers from 1. */
  enqueue(...texts: string[]): void {
    for (const each of texts) this.server.enqueue('q', bytes(each));
  }

  /** The messages of the queue `q` as texts. */
  messages(options: Omit<MessagesOptions<string>, 'codec'> = {}): DeliveryStream<string> {
    return this.client.queue.messages('q', { codec: text(), ...options });
  }

  /** Where the messages of `q` are: ready, leased, dead. */
  get queue(): { ready: number; leased: number; dead: number } {
    const { ready, leased, dead } = this.server.queue('q');
    return { ready, leased, dead };
  }

  stop(): void {
    this.server.stop().subscribe();
  }

  start(): void {
    this.server.start().subscribe();
  }
}

export const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

export const asText = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

export const valuesOf = (deliveries: readonly Delivery<string>[]): string[] => deliveries.map(({ value }) => value);
