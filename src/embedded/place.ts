import { defer, tap, type Observable } from 'rxjs';
import { integerIn } from '../foundation/check.js';
import { InvalidOptionError } from '../foundation/errors.js';
import type { OptionNames } from '../foundation/known-options.js';

/** Where an embedded server listens. */
export interface PlaceOptions {
  /** Where to listen. Default `127.0.0.1`: nobody else can reach it. */
  readonly host?: string | undefined;
  /** From 0 to 65 535. Default 0: any free port, kept from the first start on. */
  readonly port?: number | undefined;
}

export const PLACE: OptionNames<PlaceOptions> = { host: true, port: true };

/** A host and a port; any free port until the first server has opened there. */
export class Place {
  readonly host: string;
  #port: number;

  /** @throws InvalidOptionError if an option is out of range. */
  constructor({ host = '127.0.0.1', port = 0 }: PlaceOptions) {
    if (typeof host !== 'string' || host === '')
      throw new InvalidOptionError('host', host, 'must be a name or an address');
    this.host = host;
    this.#port = integerIn('port', port, 0, 65_535);
  }

  get port(): number {
    return this.#port;
  }

  /** `host:port`, an IPv6 address in brackets. */
  get address(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.#port}` : `${this.host}:${this.#port}`;
  }

  /** Opens a listener here, and keeps the port that it was given. */
  open(listener: { open(host: string, port: number): Observable<number> }): Observable<number> {
    return defer(() => listener.open(this.host, this.#port)).pipe(tap((port) => (this.#port = port)));
  }
}
