import type { Asked } from './asked.js';
import type { ClientQuestion } from './client-messages.js';
import type { Target } from './client-program.js';
import type { Entrant } from './heat.js';

/** The server of a heat. */
export interface Ground {
  /** Undefined when it runs elsewhere, or when that can't be told. */
  readonly serverPid: number | undefined;
  /** True when processes may be given CPUs of their own. */
  readonly placed: boolean;
  /** Where the entrant works in its next window. */
  enter(entrant: Entrant): Promise<Target>;
  /** The window is over. */
  leave(entrant: Entrant, target: Target): Promise<void>;
  /** Fails unless what a client has read or written is what the other side has. */
  verify(entrant: Entrant, client: Asked<ClientQuestion>): Promise<void>;
  close(): Promise<void>;
}
