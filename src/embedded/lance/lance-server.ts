import { concat, defer, ignoreElements, map, tap, throwError, type Observable } from 'rxjs';
import { onlyKnown } from '../../foundation/known-options.js';
import { Place, PLACE, type PlaceOptions } from '../place.js';
import { TcpListener } from '../tcp-listener.js';
import { tlsServerOptions, type TlsListening } from '../tls-listening.js';
import { HostedLance } from './hosted-lance.js';
import { InMemoryLanceServer, type InMemoryLanceOptions } from './in-memory-lance-server.js';
import { BEHAVIOUR, type LanceBehaviour } from './options.js';
import { STORAGE, storageOf, type LanceStorageOptions } from './storage/storage-options.js';
import type { LanceRecovery } from './storage/topic-storage.js';

/** Options of {@link LanceServer}. */
export interface LanceServerOptions extends LanceBehaviour, LanceStorageOptions, PlaceOptions {
  /** Listens with TLS, which the genuine server can't do (trap T 26). Default: plain TCP. */
  readonly tls?: TlsListening | undefined;
}

/** Of topics in memory, unless it is said otherwise. */
const MEMORY_BYTES = 256 * 1024 * 1024;

/**
 * A Lance server in this process that speaks the real wire over real sockets, quirks included: what works against it
 * works against the genuine one. It keeps its topics in memory, for as long as the object lives, or in `dataDir`. For
 * development and tests.
 *
 * Where it differs: a restart loses nothing that was acknowledged (`recoveryCuts` is for tests of what the genuine
 * server loses), retention always deletes what is oldest, bytes that were read never move because of a new segment;
 * a `cluster` is played, not run; there is no write-ahead log; acknowledgements take `ackDelayMs`, not the time of a disk;
 * fetches bring less, down to 64 KiB, the closer what other connections have not read comes to 128 MiB.
 *
 * @example
 * import { LanceServer } from 'sluice/embedded';
 * const server = new LanceServer();
 * server.start().subscribe(({ address }) => console.log(`listening on ${address}`));
 */
export class LanceServer extends HostedLance {
  readonly #place: Place;
  readonly #listener: TcpListener;

  /** @throws InvalidOptionError if an option is out of range; nothing is opened yet. */
  constructor(options: LanceServerOptions = {}) {
    super(
      onlyKnown('LanceServer', options, { ...BEHAVIOUR, ...STORAGE, ...PLACE, tls: true }),
      storageOf(options, MEMORY_BYTES),
    );
    this.#place = new Place(options);
    const tls = options.tls && tlsServerOptions(options.tls);
    this.#listener = new TcpListener((end) => this.core.accept(end), tls);
  }

  /**
   * The same server without sockets, in the time of the library's clock: for marble tests.
   *
   * @example
   * import { LanceServer } from 'sluice/embedded';
   * const server = LanceServer.inMemory({ latencyMs: 5 });
   * const connector = server.connector();
   */
  static inMemory(options: InMemoryLanceOptions = {}): InMemoryLanceServer {
    return new InMemoryLanceServer(options);
  }

  /** The name or address it listens on. */
  get host(): string {
    return this.#place.host;
  }

  /** What was in its `dataDir` when it started last; undefined without one. */
  get recovery(): LanceRecovery | undefined {
    return this.core.topics.storage.recovery;
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
   * After {@link stop} it comes back on the same port, with its topics. Unsubscribing does not undo it.
   *
   * Errors with {@link AddressInUseError} if the port is taken, with {@link ListenError} if it can't listen for
   * another reason, with `ClosedError` if it is stopped before it listens; with {@link DataDirInUseError} if another
   * server uses its `dataDir`, with {@link StorageError} if that can't be used for another reason.
   */
  start(): Observable<this> {
    return defer(() => {
      this.core.begin();
      return this.#place.open(this.#listener);
    }).pipe(
      // Stopped and started again meanwhile, the server is no longer this start's.
      tap({ error: () => this.#listener.idle && this.core.end() }),
      map(() => this),
    );
  }

  /**
   * Drops all connections and stops listening; topics stay, committed offsets don't. Emits once that is done, then completes.
   * Errors with {@link StorageError} if its `dataDir` can't be let go of; it has stopped then, too.
   */
  stop(): Observable<void> {
    return defer(() => {
      try {
        this.core.end();
      } catch (error) {
        return concat(
          this.#listener.close().pipe(ignoreElements()),
          throwError(() => error),
        );
      }
      return this.#listener.close();
    });
  }
}
