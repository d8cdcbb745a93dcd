import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import type { Handling } from '../../observables/delivery/core/source.js';
import { type Counter, MarbleSource } from './marble-source.js';
import type { LogShelf, Parcel } from './shelf.js';

/** One epoch of a log without a name: after a failure the next one goes on at the watermark, else at the beginning. */
export class MarbleLog<T> extends MarbleSource<T> {
  constructor(
    core: DeliveryCore<Parcel<T>>,
    private readonly log: LogShelf<T>,
    counter: Counter,
  ) {
    super(core, log, counter);
    core.ledger.startAt(log.position);
  }

  protected override nack(): Handling {
    return 'again';
  }

  override close(flushed: () => void): void {
    this.log.goTo(this.hasFailed ? this.core.ledger.watermark : 0);
    super.close(flushed);
  }
}
