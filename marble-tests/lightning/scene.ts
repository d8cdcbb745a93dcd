import type { RolloutStatus } from '../../src/codecs/lightning/wire.js';
import {
  InMemoryLightningServer,
  type InMemoryLightningOptions,
} from '../../src/embedded/lightning/in-memory-lightning-server.js';
import { clock } from '../../src/foundation/clock.js';
import type { LightningStoreClientOptions } from '../../src/observables/lightning/client-options.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import { virtually, type Script } from '../../tests/embedded/script.js';
import type { HttpEvents, HttpRequest, Requester } from '../../src/transports/http/requester.js';

/** A request as the client sent it. */
export interface Sent {
  readonly atMs: number;
  /** Without `/v1/agl`, such as `GET /health`. */
  readonly name: string;
  readonly body: Record<string, unknown>;
}

/** Listens to what a client asks, counts what is under way, and can lead it to another server. */
export class Tap implements Requester {
  readonly sent: Sent[] = [];
  /** Exchanges that have neither ended nor been called off. */
  open = 0;
  calledOff = 0;

  constructor(public target: Requester) {}

  get origin(): string {
    return this.target.origin;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    const { method, path, body } = request;
    const json = typeof body === 'string' ? (JSON.parse(body) as Record<string, unknown>) : {};
    this.sent.push({ atMs: clock.now(), name: `${method} ${path.replace('/v1/agl', '')}`, body: json });
    this.open++;
    let over = false;
    const end = (): void => {
      if (!over) this.open--;
      over = true;
    };
    const cancel = this.target.request(request, {
      answered: (answer) => {
        end();
        events.answered(answer);
      },
      failed: (error) => {
        end();
        events.failed(error);
      },
    });
    return () => {
      if (!over) this.calledOff++;
      end();
      cancel();
    };
  }

  close(): void {
    this.target.close();
  }

  /** Requests of this name, such as `POST /waits/rollouts`. */
  named(name: string): Sent[] {
    return this.sent.filter((sent) => sent.name === name);
  }

  get polls(): { atMs: number; ids: string[] }[] {
    return this.named('POST /waits/rollouts').map(({ atMs, body }) => ({ atMs, ids: body['rollout_ids'] as string[] }));
  }

  get searches(): Sent[] {
    return this.named('POST /rollouts/search');
  }
}

/** A server in memory, 10 ms away unless said otherwise, and a client. Make it inside a test's virtual time. */
export class Scene {
  server: InMemoryLightningServer;
  readonly wire: Tap;
  readonly client: LightningStoreClient;

  constructor(
    private readonly options: InMemoryLightningOptions = {},
    clientOptions: LightningStoreClientOptions = {},
  ) {
    this.server = this.newServer();
    this.wire = new Tap(this.server.requester());
    this.client = new LightningStoreClient('http://memory', { requester: this.wire, ...clientOptions });
  }

  /** Puts so many rollouts into the store, past the client; returns their ids. */
  rollouts(count: number): string[] {
    const before = this.server.rollouts.length;
    const body = { rollouts: Array.from({ length: count }, (_, n) => ({ input: { n } })) };
    this.tell('/queues/rollouts/enqueue', body);
    return this.server.rollouts.slice(before).map(({ rolloutId }) => rolloutId);
  }

  /** Ends rollouts, past the client. */
  end(ids: readonly string[], status: RolloutStatus = 'succeeded'): void {
    for (const id of ids) this.tell(`/rollouts/${id}`, { status });
  }

  stop(): void {
    this.server.stop().subscribe();
  }

  start(): void {
    this.server.start().subscribe();
  }

  /** From now on there is another server, with nothing in it. */
  startEmpty(): void {
    this.server = this.newServer();
    this.wire.target = this.server.requester();
  }

  private newServer(): InMemoryLightningServer {
    const server = new InMemoryLightningServer({ latencyMs: 10, ...this.options });
    server.start().subscribe();
    return server;
  }

  private tell(path: string, body: unknown): void {
    const { core } = this.server as unknown as { core: { serve: (...served: unknown[]) => unknown } };
    const request = {
      method: 'POST',
      target: `/v1/agl${path}`,
      body: JSON.stringify(body),
      header: (name: string) => (name === 'content-type' ? 'application/json' : undefined),
    };
    core.serve(request, {
      answer: ({ status }: { status: number }) => {
        if (status >= 300) throw new Error(`${path}: ${status}`);
      },
    });
  }
}

/** Runs a script in virtual time and closes the client in the end: a poll that nobody stops would go on for ever. */
export function waiting(options: InMemoryLightningOptions, script: (scene: Scene) => Script): void {
  virtually(function* () {
    const scene = new Scene(options);
    yield* script(scene);
    scene.client.close().subscribe();
  });
}
