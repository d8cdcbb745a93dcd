import { clock } from '../../foundation/clock.js';
import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling, Timer } from '../../observables/delivery/core/source.js';
import type { DeadOptions, DeadPart } from '../../observables/delivery/types.js';
import type { MarbleRun } from '../run/marble-run.js';
import type { Parcel, Shelf } from './shelf.js';

/** What all sessions of a stream share. */
export interface Counter {
  readonly run: MarbleRun;
  /** When the diagram begins. */
  readonly startMs: number;
  readonly takesDead: boolean;
  readonly maxAttempts: number | undefined;
  /** What `#` stands for. */
  readonly error: unknown;
}

/** One session of a stream whose values come by diagram. */
export abstract class MarbleSource<T> implements DeliverySource<Parcel<T>> {
  readonly takesDead: boolean;
  readonly maxAttempts: number | undefined;
  protected hasFailed = false;
  private out = 0;
  /** Nothing more is asked for. */
  private over = false;
  private timer: Timer | undefined;

  constructor(
    protected readonly core: DeliveryCore<Parcel<T>>,
    private readonly shelf: Shelf<T>,
    private readonly counter: Counter,
  ) {
    this.takesDead = counter.takesDead;
    this.maxAttempts = counter.maxAttempts;
    shelf.begin(this.nowMs);
    this.arm();
  }

  pull(): void {
    if (this.over) return;
    for (let parcel = this.shelf.peek(); parcel !== undefined; parcel = this.shelf.peek()) {
      if (!this.core.reserve(parcel.item.bytes)) break;
      this.shelf.take();
      this.out++;
      const taken = parcel;
      clock.after(0, () => this.land(taken));
    }
    if (this.isDone) this.core.end();
  }

  settle(node: LedgerNode<Parcel<T>>, decision: Decision): Handling {
    return decision.fate === 'nacked' ? this.nack(node, decision.delayMs) : 'done';
  }

  bury(_node: LedgerNode<Parcel<T>>, _part: DeadPart, _options: DeadOptions, then: () => void): void {
    clock.after(0, then);
  }

  settled(): void {
    // It may have been the last one that could have come again.
    this.pull();
  }

  drain(): void {
    this.over = true;
    this.arm();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.timer?.unsubscribe();
    flushed();
  }

  /** Something has changed on the shelf. */
  wake(): void {
    if (this.over) return;
    this.arm();
    this.pull();
  }

  protected abstract nack(node: LedgerNode<Parcel<T>>, delayMs: number): Handling;

  /** Nothing is left, and nothing will come. */
  protected get isDone(): boolean {
    return this.shelf.isEmpty && this.out === 0;
  }

  /** It has arrived; `node` is undefined if nobody wants it any more. */
  protected landed(_node: LedgerNode<Parcel<T>> | undefined, _parcel: Parcel<T>): void {}

  private land(parcel: Parcel<T>): void {
    const { item, attempt } = parcel;
    const { position, bytes } = item;
    this.out--;
    this.counter.run.worked();
    const node = this.core.arrived({
      value: parcel,
      position,
      end: position + 1,
      bytes,
      reserved: bytes,
      attempt,
    });
    this.landed(node, parcel);
    this.pull();
  }

  private get nowMs(): number {
    // Not of the clock: that may jump in a test, and diagrams don't.
    return this.counter.run.nowMs - this.counter.startMs;
  }

  private arm(): void {
    this.timer?.unsubscribe();
    // It may still break when it asks for nothing more.
    const nextMs = this.over ? this.shelf.failureMs : this.shelf.nextMs;
    if (nextMs !== undefined) this.timer = clock.after(nextMs - this.nowMs, () => this.tick());
  }

  private tick(): void {
    const breaks = this.shelf.advance(this.nowMs);
    this.arm();
    this.pull();
    if (!breaks) return;
    // What is here at this very moment is handed out before it.
    this.timer?.unsubscribe();
    clock.after(0, () => this.fail());
  }

  private fail(): void {
    if (this.core.closed) return;
    this.hasFailed = true;
    this.core.fail(this.counter.error);
  }
}
