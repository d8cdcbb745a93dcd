import type { Subscription } from 'rxjs';
import { AccessDeniedError, ConnectionError, type LanceError } from '../../codecs/lance/errors.js';
import { clock } from '../../foundation/clock.js';
import { Reconnector, type ReconnectOptions } from '../reconnect.js';
import type { Route } from './route.js';

/**
 * Opens a connection again after it was lost: at once when the server named the leader, as often in a row as the route
 * allows; after a pause when it broke; never when the token was refused, or
 * when nothing else is to be expected of another attempt.
 */
export class RouteReconnector {
  private readonly reconnector: Reconnector;
  private redirects = 0;
  private turn: Subscription | undefined;

  constructor(
    private readonly route: Route,
    options: ReconnectOptions,
    private readonly open: () => void,
  ) {
    this.reconnector = new Reconnector(options, open, (isPausing) => route.book.waits(isPausing));
  }

  /** Plans the next attempt; false when there have been enough, or when another would be no better. */
  failed(error: LanceError): boolean {
    // A name that does not exist, a certificate that is not trusted: it would be the same next time.
    const isHopeless = error instanceof ConnectionError && !error.retryable;
    if (isHopeless || error instanceof AccessDeniedError) return false;
    if (!this.route.leads(error)) return this.reconnector.failed();
    if (this.redirects >= this.route.maxRedirects) {
      this.redirects = 0;
      return false;
    }
    this.redirects++;
    this.turn?.unsubscribe();
    this.turn = clock.after(0, this.open);
    return true;
  }

  succeeded(): void {
    this.redirects = 0;
    this.reconnector.succeeded();
  }

  stop(): void {
    this.turn?.unsubscribe();
    this.reconnector.stop();
  }
}
