import type { Observable } from 'rxjs';
import { LanceServer } from '../embedded/lance/lance-server.js';

/** A server that the command line can run. */
export interface Served {
  /** `host:port`, final once it has started. */
  readonly address: string;
  start(): Observable<unknown>;
  stop(): Observable<void>;
}

/** A system whose server can be run. */
export interface ServedSystem {
  readonly defaultPort: number;
  server(options: { readonly host: string; readonly port: number }): Served;
}

/** By the name that the user types. */
export const systems: ReadonlyMap<string, ServedSystem> = new Map([
  ['lance', { defaultPort: 1992, server: (options) => new LanceServer(options) }],
]);
