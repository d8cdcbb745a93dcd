import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { DeliveryCore } from './core/delivery-core.js';
import type { DeliverySource, Handling, Timer } from './core/source.js';

/** What is behind a stream of a client that is closed: nothing; on the next turn it completes, or errors if there is why. */
export class NoSource<T> implements DeliverySource<T> {
  readonly takesDead = false;
  private readonly end: Timer;

  constructor(core: DeliveryCore<T>, failure?: SluiceError) {
    this.end = clock.after(0, () => (failure === undefined ? core.end() : core.fail(failure)));
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
