import { Subscription } from 'rxjs';
import type { Delivery, DeliveryStream } from 'sluice';
import { EARLY, LATE, type Companion } from './question.js';

/** The second subscriber of a hot stream; it is told of what the first one sees, to know when to come. */
export class SecondSubscriber {
  seen = 0;
  private readonly subscription = new Subscription();
  private firstSaw = 0;
  private joined = false;

  constructor(
    private readonly stream: DeliveryStream<Uint8Array>,
    private readonly companion: Companion,
  ) {}

  /** To be called once the first one has subscribed. */
  start(): void {
    if (!this.companion.joinsLate) this.join();
  }

  firstSees(): void {
    if (++this.firstSaw === LATE && this.companion.joinsLate) this.join();
  }

  leave(): void {
    this.subscription.unsubscribe();
  }

  private join(): void {
    if (this.joined) return;
    this.joined = true;
    const source = this.companion.votes ? this.stream : this.stream.observe();
    this.subscription.add(source.subscribe((delivery) => this.take(delivery)));
  }

  private take(delivery: Delivery<Uint8Array>): void {
    this.seen++;
    if (!this.companion.leavesEarly) delivery.ack();
    else if (this.seen === EARLY) this.leave();
  }
}
