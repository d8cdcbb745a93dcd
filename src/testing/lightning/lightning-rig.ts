import { InvalidOptionError } from '../../foundation/errors.js';
import type { Rollout } from '../../codecs/lightning/rollout.js';
import type { RolloutStatus } from '../../codecs/lightning/wire.js';
import type {
  InMemoryLightningOptions,
  InMemoryLightningServer,
} from '../../embedded/lightning/in-memory-lightning-server.js';
import { LightningServer } from '../../embedded/lightning/lightning-server.js';
import { BEHAVIOUR } from '../../embedded/lightning/options.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { LightningStoreClientOptions } from '../../observables/lightning/client-options.js';
import { Detour } from './detour.js';
import { LightningClients } from './lightning-clients.js';

/** Options of {@link lightningRig}: those of the store, and of its clients. */
export interface LightningRigOptions extends InMemoryLightningOptions {
  /** How long a request or an answer takes one way, in milliseconds. Default 10. */
  readonly latencyMs?: number | undefined;
  /** Of all clients, unless they are made with others. */
  readonly client?: LightningStoreClientOptions | undefined;
}

const NAMES: OptionNames<LightningRigOptions> = { ...BEHAVIOUR, latencyMs: true, origin: true, client: true };

/** An embedded Lightning store in virtual time, clients of it, and the wire between them. */
export class LightningRig extends LightningClients {
  private readonly serverOptions: InMemoryLightningOptions;
  private present: InMemoryLightningServer;

  /** @internal Made by `lightning` of {@link marbles}. */
  constructor(given: LightningRigOptions = {}) {
    const { client = {}, ...options } = onlyKnown('lightning', given, NAMES);
    super(
      {
        requester: new Detour(() => this.present),
        stop: () => void this.present.stop().subscribe(),
        start: () => void this.present.start().subscribe(),
      },
      client,
    );
    this.serverOptions = options;
    this.present = started(options);
  }

  /** It is started; another one since `startEmpty` was last called. */
  get server(): InMemoryLightningServer {
    return this.present;
  }

  /** Puts rollouts into the queue past the wire, one per input; returns them. */
  readonly enqueue = (...inputs: readonly unknown[]): Rollout[] =>
    this.present.enqueue(...inputs.map((input) => ({ input })));

  /** Ends rollouts past the wire. */
  readonly finish = (rolloutIds: readonly string[], status: RolloutStatus = 'succeeded'): void => {
    if (!Array.isArray(rolloutIds)) throw new InvalidOptionError('finish', rolloutIds, 'must be a list of ids');
    for (const rolloutId of rolloutIds) this.present.setStatus(rolloutId, status);
  };

  /** In the place of the server is another one, with nothing in it: the store was lost. */
  readonly startEmpty = (): void => {
    this.stop();
    this.present = started(this.serverOptions);
  };
}

/** Makes a {@link LightningRig} in the run that is under way. */
export function lightningRig(options: LightningRigOptions = {}): LightningRig {
  return new LightningRig(options);
}

function started(options: InMemoryLightningOptions): InMemoryLightningServer {
  const server = LightningServer.inMemory({ latencyMs: 10, ...options });
  server.start().subscribe();
  return server;
}
