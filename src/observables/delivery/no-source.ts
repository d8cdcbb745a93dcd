import { clock } from '../../foundation/clock.js';
import type { DeliveryCore } from './core/delivery-core.js';
import type { DeliverySource, Handling, Timer } from './core/source.js';

/** What is behind a stream of a client that is closed: nothing; it completes on the next turn. */
export class NoSource<T> implements DeliverySource<T> {
  readonly takesDead = false;
  private readonly end: Timer;

  constructor(core: DeliveryCore<T>) {
    this.end = clock.after(0, () => core.end());
  }

  pull(): void {}

  settle(): Handling {
    return 'done';
  }

  bury(): void {}

  settled(): void {}

  drain(): void {}

  close(flushed: () => void): void {
    this.end.unsubscribe();
    flushed();
  }
}
