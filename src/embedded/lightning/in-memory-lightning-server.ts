import { Observable } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { MemoryOrigin } from '../../transports/http/memory.js';
import type { Requester } from '../../transports/http/requester.js';
import { LightningCore } from './core.js';
import { HostedLightning } from './hosted-lightning.js';
import { chanceIds } from './store/ids.js';
import { BEHAVIOUR, type LightningBehaviour } from './options.js';

/** Options of `LightningServer.inMemory`. */
export interface InMemoryLightningOptions extends LightningBehaviour {
  /** How long a request or an answer takes one way, in milliseconds. Default 0: the next turn. */
  readonly latencyMs?: number | undefined;
  /** What the server's address reads like in errors and reports. Default `http://memory`. */
  readonly origin?: string | undefined;
}

/** The embedded Lightning server without sockets: all its time is the library's clock, virtual inside `TestScheduler.run`. */
export class InMemoryLightningServer extends HostedLightning {
  protected readonly core: LightningCore;
  readonly #origin: MemoryOrigin;
  readonly #latencyMs: number;

  constructor(options: InMemoryLightningOptions = {}) {
    super();
    onlyKnown('LightningServer.inMemory', options, { ...BEHAVIOUR, latencyMs: true, origin: true });
    this.#latencyMs = milliseconds('latencyMs', options.latencyMs ?? 0);
    this.core = new LightningCore(options, {
      now: () => clock.now() / 1000,
      dropConnections: () => this.#origin.drop(),
      ids: chanceIds,
    });
    this.#origin = new MemoryOrigin(this.core.serve, { origin: options.origin });
  }

  get origin(): string {
    return this.#origin.origin;
  }

  get listening(): boolean {
    return this.#origin.listening;
  }

  /** What a client asks with; it may be made before the server is started. */
  requester(): Requester {
    return this.#origin.requester({ latencyMs: this.#latencyMs });
  }

  /** Serves requests from now on; emits itself synchronously, then completes. */
  start(): Observable<this> {
    return new Observable((subscriber) => {
      this.#origin.open();
      subscriber.next(this);
      subscriber.complete();
    });
  }

  /**
   * Answers what is under way, waits with what has finished by now, and refuses new requests until the next `start`;
   * what is stored stays. Emits synchronously, then completes.
   */
  stop(): Observable<void> {
    return new Observable((subscriber) => {
      this.#origin.close();
      this.core.flush();
      subscriber.next();
      subscriber.complete();
    });
  }
}
