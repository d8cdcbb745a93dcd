import type { Observable } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { Bulletin, type Facts } from '../bulletin.js';

/** How a client stands to its server; only what its connections tell, nothing is sent for it. */
export interface LanceClientStatus {
  /**
   * `'idle'`: no connection is wanted. `'connecting'`: the first one is being opened. `'connected'`: at least one is
   * open. `'disconnected'`: none is open, the last one was lost or could not be made. `'reconnecting'`: the same, and
   * another one is being opened, or will be after a pause. `'closed'`: `close()` is done.
   */
  readonly state: 'idle' | 'connecting' | 'connected' | 'disconnected' | 'reconnecting' | 'closed';
  /**
   * Since when it is in that state, on Sluice's clock: milliseconds since the Unix epoch that pass evenly. An attempt to
   * connect that fails within the same turn changes nothing.
   */
  readonly sinceMs: number;
  /** Where connections lead now: `host:port`. After a redirect that is the leader. */
  readonly address: string;
  /** Why it is `'disconnected'` or `'reconnecting'`, else empty. */
  readonly detail: string;
}

/** How many connections there have been, of all kinds: for commands, streams, sinks and producers. */
export interface ConnectionCounts {
  /** Now. */
  readonly open: number;
  /** All that ever were. */
  readonly opened: number;
  /** Could not be opened, or their token was refused. */
  readonly failed: number;
  /** Broke, were ended by the server, or were given up because of what it did or did not answer, after they had been open. */
  readonly lost: number;
}

/** Keeps count of a client's connections and knows what follows from that. */
export class ConnectionBook {
  private opening = 0;
  private open = 0;
  /** Pauses before another attempt. */
  private pauses = 0;
  private opened = 0;
  private failed = 0;
  private lost = 0;
  private isClosed = false;
  /** Why the last connection ended, if the client had not simply done with it. */
  private trouble = '';
  private readonly bulletin: Bulletin<LanceClientStatus>;
  /** The status now, and then whenever it is another at the end of a turn; completes once it is `'closed'`. */
  readonly status$: Observable<LanceClientStatus>;

  constructor(private readonly address: () => string) {
    const idle = { state: 'idle', sinceMs: clock.now(), address: address(), detail: '' } as const;
    this.bulletin = new Bulletin<LanceClientStatus>(idle, isSame);
    this.status$ = this.bulletin.news$;
  }

  get counts(): ConnectionCounts {
    const { open, opened, failed, lost } = this;
    return { open, opened, failed, lost };
  }

  get status(): LanceClientStatus {
    return this.bulletin.current;
  }

  asked(): void {
    this.opening++;
    this.change();
  }

  hasOpened(): void {
    this.opening--;
    this.open++;
    this.opened++;
    this.trouble = '';
    this.change();
  }

  /** `trouble` says why, unless the client was simply done with it. */
  ended(wasOpen: boolean, trouble?: string): void {
    if (wasOpen) this.open--;
    else this.opening--;
    if (trouble !== undefined) {
      this.trouble = trouble;
      if (wasOpen) this.lost++;
      else this.failed++;
    }
    this.change();
  }

  /** Somebody whose connection was lost is going to open another one, or no longer is. */
  waits(isPausing: boolean): void {
    this.pauses += isPausing ? 1 : -1;
    this.change();
  }

  /** Connections lead to another server from now on. */
  moved(): void {
    this.change();
  }

  close(): void {
    this.isClosed = true;
    this.change();
  }

  private change(): void {
    const state = this.state();
    const detail = state === 'disconnected' || state === 'reconnecting' ? this.trouble : '';
    this.bulletin.say({ state, address: this.address(), detail });
  }

  private state(): LanceClientStatus['state'] {
    if (this.isClosed) return 'closed';
    if (this.open > 0) return 'connected';
    if (this.pauses > 0) return 'reconnecting';
    if (this.opening > 0) return this.trouble === '' ? 'connecting' : 'reconnecting';
    return this.trouble === '' ? 'idle' : 'disconnected';
  }
}

type Now = Facts<LanceClientStatus>;

function isSame(one: Now, other: Now): boolean {
  return one.state === other.state && one.address === other.address && one.detail === other.detail;
}
