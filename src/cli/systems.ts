import { Option } from 'commander';
import type { Observable } from 'rxjs';
import { FloServer } from '../embedded/flo/flo-server.js';
import { LanceServer } from '../embedded/lance/lance-server.js';
import { LightningServer } from '../embedded/lightning/lightning-server.js';
import { integerUpTo, several } from './arguments.js';
import type { Renamed } from './in-switches.js';
import { LANCE_RENAMED, lanceServerOptions, lanceSwitches, type LanceSwitches } from './lance-switches.js';

/** A server that the command line can run. */
export interface Served {
  /** `host:port`, final once it has started. */
  readonly address: string;
  start(): Observable<unknown>;
  stop(): Observable<void>;
  /** Where its data is, in a line for people; undefined if there is nothing to say. Once it has started. */
  readonly whereabouts?: string | undefined;
}

/** What the user says about a server. */
export interface ServeOptions extends LanceSwitches {
  readonly host: string;
  readonly port: number;
  readonly bodies?: 'sdk' | 'server';
  readonly semantics?: 'documented' | 'server';
  readonly ttlUnit?: 'ms' | 's';
  readonly scanDebounceMs?: number;
  readonly corsOrigin?: readonly string[];
}

/** A system whose server can be run. */
export interface ServedSystem {
  readonly defaultPort: number;
  /** What can be said about this system only. */
  readonly switches?: readonly Option[];
  /** What its server calls otherwise than its switches. */
  readonly renamed?: Renamed;
  server(options: ServeOptions): Served;
}

/** By the name that the user types. */
export const systems: ReadonlyMap<string, ServedSystem> = new Map<string, ServedSystem>([
  ['lance', { defaultPort: 1992, switches: lanceSwitches(), renamed: LANCE_RENAMED, server: lanceServer }],
  ['flo', { defaultPort: 9000, switches: floSwitches(), server: (options) => new FloServer(options) }],
  [
    'lightning',
    {
      defaultPort: 4747,
      switches: lightningSwitches(),
      server: ({ corsOrigin, ...options }) => new LightningServer({ ...options, corsAllowOrigins: corsOrigin }),
    },
  ],
]);

function lanceServer(options: ServeOptions): Served {
  const server = new LanceServer(lanceServerOptions(options));
  return {
    start: () => server.start(),
    stop: () => server.stop(),
    get address() {
      return server.address;
    },
    get whereabouts() {
      const { recovery } = server;
      if (recovery === undefined) return undefined;
      const { path, topics, bytes, cutBytes } = recovery;
      const cut = cutBytes === 0 ? '' : `; ${cutBytes} bytes were cut off that were not acknowledged`;
      return `its data is in ${path} (topics: ${topics}, bytes: ${bytes}${cut})`;
    },
  };
}

function floSwitches(): Option[] {
  return [
    new Option('--bodies <whose>', 'answers as clients read them, or as genuine servers write them').choices([
      'sdk',
      'server',
    ]),
    new Option('--semantics <whose>', 'queues as documented, or as genuine servers carry them out').choices([
      'documented',
      'server',
    ]),
    new Option('--ttl-unit <unit>', 'what a time to live counts in protocol v1-32').choices(['ms', 's']),
  ];
}

function lightningSwitches(): Option[] {
  const text = 'shortest time between two looks for attempts that take too long (default 10000)';
  return [
    new Option('--scan-debounce-ms <ms>', text).argParser(integerUpTo(2 ** 31 - 1)),
    new Option('--cors-origin <origin...>', 'origins of pages that may use the server, * for all').argParser(several),
  ];
}
