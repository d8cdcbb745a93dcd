import { defer, map, type Observable } from 'rxjs';
import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { TcpListener } from '../tcp-listener.js';
import { HostedLance } from './hosted-lance.js';
import { InMemoryLanceServer, type InMemoryLanceOptions } from './in-memory-lance-server.js';
import { BEHAVIOUR, type LanceBehaviour } from './options.js';

/** Options of {@link LanceServer}. */
export interface LanceServerOptions extends LanceBehaviour {
  /** Where to listen. Default `127.0.0.1`: nobody else can reach it. */
  readonly host?: string | undefined;
  /** From 0 to 65 535. Default 0: any free port, kept from the first start on. */
  readonly port?: number | undefined;
}

/**
 * A Lance server in this process that speaks the real wire over real sockets, quirks included: what works against it
 * works against the genuine one. It keeps its topics in memory, for as long as the object lives. For development and
 * tests.
 *
 * Where it differs: nothing is written to disk, so retention never deletes anything and nothing is cut after a restart;
 * there is no cluster and no write-ahead log; acknowledgements take `ackDelayMs`, not the time of a disk.
 *
 * @example
 * import { LanceServer } from 'sluice/embedded';
 * const server = new LanceServer();
 * server.start().subscribe(({ address }) => console.log(`listening on ${address}`));
 */
export class LanceServer extends HostedLance {
  readonly host: string;
  #port: number;
  readonly #listener = new TcpListener((end) => this.core.accept(end));

  /** @throws InvalidOptionError if an option is out of range; nothing is opened yet. */
  constructor(options: LanceServerOptions = {}) {
    super(onlyKnown('LanceServer', options, { ...BEHAVIOUR, host: true, port: true }));
    const { host = '127.0.0.1', port = 0 } = options;
    if (typeof host !== 'string' || host === '')
      throw new InvalidOptionError('host', host, 'must be a name or an address');
    this.host = host;
    this.#port = integerIn('port', port, 0, 65_535);
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

  /** The port it listens on, also after it was stopped; 0 as long as any will do. */
  get port(): number {
    return this.#port;
  }

  /** `host:port`, an IPv6 address in brackets. */
  get address(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.#port}` : `${this.host}:${this.#port}`;
  }

  /**
   * Listens; emits itself once clients can come, then completes. A server that listens already emits at once.
   * After {@link stop} it comes back on the same port, with its topics. Unsubscribing does not undo it.
   *
   * Errors with {@link AddressInUseError} if the port is taken, with {@link ListenError} if it can't listen for
   * another reason, with `ClosedError` if it is stopped before it listens.
   */
  start(): Observable<this> {
    return defer(() => this.#listener.open(this.host, this.#port)).pipe(
      map((port) => {
        this.#port = port;
        return this;
      }),
    );
  }

  /** Drops all connections and stops listening; topics stay, committed offsets don't. Emits once that is done, then completes. */
  stop(): Observable<void> {
    return defer(() => {
      this.core.restart();
      return this.#listener.close();
    });
  }
}
