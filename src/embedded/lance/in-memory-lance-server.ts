import { Observable } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { Connector } from '../../transports/channel.js';
import { MemoryListener } from '../../transports/memory.js';
import { HostedLance } from './hosted-lance.js';
import { BEHAVIOUR, type LanceBehaviour } from './options.js';
import { storageOf, type LanceStorageOptions } from './storage/storage-options.js';

/** Options of `LanceServer.inMemory`. */
export interface InMemoryLanceOptions extends LanceBehaviour, Omit<LanceStorageOptions, 'dataDir' | 'fsync'> {
  /** How long bytes take one way, in milliseconds. Default 0: the next turn. */
  readonly latencyMs?: number | undefined;
  /** What the server's address reads like in errors and reports. Default `memory`. */
  readonly address?: string | undefined;
}

/** Those that there are. */
export const IN_MEMORY: OptionNames<InMemoryLanceOptions> = {
  ...BEHAVIOUR,
  memoryBytes: true,
  segmentBytes: true,
  latencyMs: true,
  address: true,
};

/** The embedded Lance server without sockets: all its time is the library's clock, virtual inside `TestScheduler.run`. */
export class InMemoryLanceServer extends HostedLance {
  readonly #listener: MemoryListener;
  readonly #latencyMs: number;

  constructor(options: InMemoryLanceOptions = {}) {
    super(onlyKnown('LanceServer.inMemory', options, IN_MEMORY), storageOf(options));
    this.#latencyMs = milliseconds('latencyMs', options.latencyMs ?? 0);
    this.#listener = new MemoryListener((end) => this.core.accept(end), { address: options.address });
  }

  get address(): string {
    return this.#listener.address;
  }

  get listening(): boolean {
    return this.#listener.listening;
  }

  /** What a client connects with; it may be made before the server is started. */
  connector(): Connector {
    return this.#listener.connector({ latencyMs: this.#latencyMs });
  }

  /** Accepts connections from now on; emits itself synchronously, then completes. */
  start(): Observable<this> {
    return new Observable((subscriber) => {
      this.core.begin();
      this.#listener.open();
      subscriber.next(this);
      subscriber.complete();
    });
  }

  /** Drops all connections and refuses new ones until the next `start`; topics stay. Emits synchronously, then completes. */
  stop(): Observable<void> {
    return new Observable((subscriber) => {
      this.#listener.close();
      this.core.end();
      subscriber.next();
      subscriber.complete();
    });
  }
}
