import type { Subscription } from 'rxjs';
import { ServerCatchingUpError, type LanceError } from '../../../codecs/lance/errors.js';
import { clock } from '../../../foundation/clock.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import type { CatchingUpOptions } from './consume-options.js';
import { Patience } from './patience.js';
import { resolveBounds, type Start } from './start-position.js';
import type { Place } from './topic-link.js';

/** How bounds are found. */
export interface BoundsPlan {
  readonly until: Start | undefined;
  readonly catchingUp: Required<CatchingUpOptions>;
}

/** Where a read begins, and where it is to end. */
export interface Found {
  readonly position: number;
  readonly to: number | undefined;
  /** Where the topic ends, if that had to be asked for. */
  readonly end: number | undefined;
  /** It is there that it begins. */
  readonly beginsAtEnd: boolean;
}

/** Who is about to read. */
export interface BoundsOwner {
  /** Whether answers that come over this session are still wanted. */
  readsOver(session: RequestSession): boolean;
  found(place: Place, bounds: Found): void;
  /** The server answers, and its data ends before the place to begin at: it is asked again later. */
  behind(error: ServerCatchingUpError): void;
  /** It has been asked often enough. */
  lost(error: ServerCatchingUpError): void;
  trouble(session: RequestSession, error: LanceError): void;
}

/** Finds the bounds of a read. Where it needs the end of the topic, it waits as a fetch loop does for a server that is behind. */
export class Bounds {
  private readonly patience: Patience;
  private pause: Subscription | undefined;

  constructor(
    private readonly plan: BoundsPlan,
    private readonly owner: BoundsOwner,
  ) {
    this.patience = new Patience(plan.catchingUp.attempts);
  }

  find(place: Place, start: Start): void {
    const { session, topic } = place;
    const { until } = this.plan;
    const beginsAtEnd = start === 'end';
    const found = (position: number, to: number | undefined): void => {
      if (!this.owner.readsOver(session)) return;
      const end = until === 'end' ? to : beginsAtEnd ? position : undefined;
      // What is there now ends before the place to begin at: it must not be taken for an empty rest.
      if (end !== undefined && end < position) return this.wait(place, position, end);
      this.patience.rewarded();
      this.owner.found(place, { position, to, end, beginsAtEnd });
    };
    resolveBounds(session, topic.id, start, until, found, (error) => this.owner.trouble(session, error));
  }

  stop(): void {
    this.pause?.unsubscribe();
  }

  private wait(place: Place, position: number, end: number): void {
    const error = new ServerCatchingUpError(BigInt(end), { context: { requestedOffset: position } });
    if (!this.patience.bears(error.serverOffset, false)) return this.owner.lost(error);
    this.owner.behind(error);
    this.pause = clock.after(this.plan.catchingUp.pauseMs, () => {
      if (this.owner.readsOver(place.session)) this.find(place, position);
    });
  }
}
