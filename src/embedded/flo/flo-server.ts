import { defer, map, type Observable } from 'rxjs';
import { onlyKnown } from '../../foundation/known-options.js';
import { Place, PLACE, type PlaceOptions } from '../place.js';
import { TcpListener } from '../tcp-listener.js';
import { HostedFlo } from './hosted-flo.js';
import { InMemoryFloServer, type InMemoryFloOptions } from './in-memory-flo-server.js';
import { BEHAVIOUR, type FloBehaviour } from './options.js';

/** Options of {@link FloServer}. */
export interface FloServerOptions extends FloBehaviour, PlaceOptions {}

/**
 * A Flo server in this process that speaks the real wire over real sockets: `v1-32` and `v2-table` on one port, told
 * apart frame by frame, keys and queues. It keeps them in memory, for as long as the object lives. For development and
 * tests.
 *
 * By default queues behave as Flo's documentation has it, with leases, dead letters, delays and deduplication. The
 * servers that were examined do none of that; `semantics: 'server'` behaves as they do.
 *
 * @example
 * import { FloServer } from 'sluice/embedded';
 * const server = new FloServer();
 * server.start().subscribe(({ address }) => console.log(`listening on ${address}`));
 */
export class FloServer extends HostedFlo {
  readonly #place: Place;
  readonly #listener = new TcpListener((end) => this.core.accept(end));

  /** @throws InvalidOptionError if an option is out of range; nothing is opened yet. */
  constructor(options: FloServerOptions = {}) {
    super(onlyKnown('FloServer', options, { ...BEHAVIOUR, ...PLACE }));
    this.#place = new Place(options);
  }

  /**
   * The same server without sockets, in the time of the library's clock: for marble tests.
   *
   * @example
   * import { FloServer } from 'sluice/embedded';
   * const server = FloServer.inMemory({ latencyMs: 5 });
   * const connector = server.connector();
   */
  static inMemory(options: InMemoryFloOptions = {}): InMemoryFloServer {
    return new InMemoryFloServer(options);
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

  /**
   * Listens; emits itself once clients can come, then completes. A server that listens already emits at once.
   * After {@link stop} it comes back on the same port, with its keys and queues. Unsubscribing does not undo it.
   *
   * Errors with {@link AddressInUseError} if the port is taken, with {@link ListenError} if it can't listen for
   * another reason, with `ClosedError` if it is stopped before it listens.
   */
  start(): Observable<this> {
    return this.#place.open(this.#listener).pipe(map(() => this));
  }

  /** Drops all connections and stops listening; keys and queues stay, leases run on. Emits once that is done, then completes. */
  stop(): Observable<void> {
    return defer(() => {
      this.core.dropConnections();
      return this.#listener.close();
    });
  }
}
