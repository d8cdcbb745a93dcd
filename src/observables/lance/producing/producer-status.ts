import { Observable, type Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';

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
  /** Since when, on Sluice's clock: milliseconds since the Unix epoch that pass evenly. */
  readonly sinceMs: number;
  /** Why there is no connection, else empty. */
  readonly detail: string;
}

type Now = Omit<ProducerStatus, 'sinceMs'>;

/** Notices when the status is another. */
export class StatusWatch {
  private current: ProducerStatus;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly read: () => Now) {
    this.current = { ...read(), sinceMs: clock.now() };
  }

  get status(): ProducerStatus {
    return this.current;
  }

  /** The status now, and then whenever it is another at the end of a turn; completes once it is `'closed'`. */
  readonly status$ = new Observable<ProducerStatus>((subscriber) => {
    let told: ProducerStatus | undefined;
    let turn: Subscription | undefined;
    const tell = (): void => {
      turn = undefined;
      if (told === this.current) return;
      told = this.current;
      subscriber.next(told);
      if (told.state === 'closed') subscriber.complete();
    };
    // Never at once: whoever is told may use the producer, which may be in the middle of something.
    const changed = (): void => {
      turn ??= clock.after(0, tell);
    };
    this.listeners.add(changed);
    subscriber.add(() => {
      this.listeners.delete(changed);
      turn?.unsubscribe();
    });
    tell();
  });

  /** Something may be different. */
  check(): void {
    const now = this.read();
    const { current } = this;
    if (now.state === current.state && now.detail === current.detail && same(now.reasons, current.reasons)) return;
    this.current = { ...now, sinceMs: now.state === current.state ? current.sinceMs : clock.now() };
    for (const listener of this.listeners) listener();
  }
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}
