import type { Observable } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { Bulletin, type Facts } from '../../../transports/bulletin.js';

/** How a producer stands to its server; only what its connection tells, nothing is sent for it. */
export interface ProducerStatus {
  /**
   * `'idle'`: no connection yet, the first record opens one. `'connecting'`: the first one is being opened.
   * `'connected'`. `'reconnecting'`: it was lost or could not be made; another one is being opened, or will be after a
   * pause. `'disconnected'`: the same, and nothing waits; the next record opens another one. `'closed'`.
   */
  readonly state: 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected' | 'closed';
  /** What records wait for while it is connected: the socket takes no more; the server asks to slow down. */
  readonly reasons: readonly ('socket' | 'server')[];
  /** Since when it is in that state, on Sluice's clock: milliseconds since the Unix epoch that pass evenly. */
  readonly sinceMs: number;
  /** Why there is no connection, else empty. */
  readonly detail: string;
}

type Now = Facts<ProducerStatus>;

/** Notices when the status is another. */
export class StatusWatch {
  private readonly bulletin: Bulletin<ProducerStatus>;
  /** The status now, and then whenever it is another at the end of a turn; completes once it is `'closed'`. */
  readonly status$: Observable<ProducerStatus>;

  constructor(private readonly read: () => Now) {
    this.bulletin = new Bulletin<ProducerStatus>({ ...read(), sinceMs: clock.now() }, isSame);
    this.status$ = this.bulletin.news$;
  }

  get status(): ProducerStatus {
    return this.bulletin.current;
  }

  /** Something may be different. */
  check(): void {
    this.bulletin.say(this.read());
  }
}

function isSame(one: Now, other: Now): boolean {
  return one.state === other.state && one.detail === other.detail && same(one.reasons, other.reasons);
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}
