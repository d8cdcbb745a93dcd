import { defer, map, type Observable } from 'rxjs';
import { onlyKnown } from '../../foundation/known-options.js';
import { HttpListener } from '../http-listener.js';
import { Place, PLACE, type PlaceOptions } from '../place.js';
import { LightningCore } from './core.js';
import { HostedLightning } from './hosted-lightning.js';
import { InMemoryLightningServer, type InMemoryLightningOptions } from './in-memory-lightning-server.js';
import { BEHAVIOUR, type LightningBehaviour } from './options.js';
import { risingSeconds } from './rising-seconds.js';

/** Options of {@link LightningServer}. */
export interface LightningServerOptions extends LightningBehaviour, PlaceOptions {}

/**
 * A Lightning store server (Agent Lightning 0.3) in this process that speaks the real wire over real sockets, quirks
 * included: what works against it works against the genuine one. It keeps its rollouts in memory, for as long as the object
 * lives. For development and tests.
 *
 * Where it differs: traces (`/v1/traces`) are answered with 501; there is no dashboard, no generated API page;
 * 1.0 and 1 are the same number, and integers beyond 2^53 lose their last digits; waits never hold up one another; a body
 * of more than `maxBodyBytes` is refused.
 *
 * @example
 * import { LightningServer } from 'sluice/embedded';
 * const server = new LightningServer();
 * server.start().subscribe(({ origin }) => console.log(`listening on ${origin}`));
 */
export class LightningServer extends HostedLightning {
  protected readonly core: LightningCore;
  readonly #place: Place;
  readonly #listener: HttpListener;

  /** @throws InvalidOptionError if an option is out of range; nothing is opened yet. */
  constructor(options: LightningServerOptions = {}) {
    super();
    this.#place = new Place(onlyKnown('LightningServer', options, { ...BEHAVIOUR, ...PLACE }));
    this.core = new LightningCore(options, { now: risingSeconds(), dropConnections: () => this.#listener.drop() });
    this.#listener = new HttpListener(this.core);
  }

  /**
   * The same server without sockets, in the time of the library's clock: for marble tests.
   *
   * @example
   * import { LightningServer } from 'sluice/embedded';
   * const server = LightningServer.inMemory({ latencyMs: 5 });
   * const requester = server.requester();
   */
  static inMemory(options: InMemoryLightningOptions = {}): InMemoryLightningServer {
    return new InMemoryLightningServer(options);
  }

  /** The name or address it listens on. */
  get host(): string {
    return this.#place.host;
  }

  /** The port it listens on, also after it was stopped; 0 as long as any will do. */
  get port(): number {
    return this.#place.port;
  }

  /** `host:port`, an IPv6 address in brackets. */
  get address(): string {
    return this.#place.address;
  }

  /** What clients are given: `http://host:port`. */
  get origin(): string {
    return `http://${this.address}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#listener.connections;
  }

  /**
   * Listens; emits itself once clients can come, then completes. A server that listens already emits at once.
   * After {@link stop} it comes back on the same port, with what it has stored. Unsubscribing does not undo it.
   *
   * Errors with {@link AddressInUseError} if the port is taken, with {@link ListenError} if it can't listen for
   * another reason, with `ClosedError` if it is stopped before it listens.
   */
  start(): Observable<this> {
    return this.#place.open(this.#listener).pipe(map(() => this));
  }

  /**
   * Stops listening and answers what is under way, waits with what has finished by now; what is stored stays. Emits once
   * that is done, after a second at most, then completes.
   */
  stop(): Observable<void> {
    return defer(() => this.#listener.close(() => this.core.flush()));
  }
}
