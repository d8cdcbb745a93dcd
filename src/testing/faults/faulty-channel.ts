import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../../transports/channel.js';
import { ChannelError } from '../../transports/channel-error.js';
import { HIGH_WATER_MARK } from '../../transports/high-water-mark.js';
import { deliver, reportOwnerError } from '../../transports/owner.js';
import { FrameFaults, type Measure } from './frame-faults.js';
import { Lane } from './lane.js';
import type { Trouble } from './trouble.js';

/** How the frames of each direction are told apart. */
export interface FrameMeasures {
  readonly sent: Measure;
  readonly received: Measure;
  /** Answers have ids, so that one may overtake another; false by default. */
  readonly overtaking?: boolean | undefined;
}

const TARGET_BYTES = 64 * 1024;
/** Who opens a connection is always told what came of it; a real one gives up after this time unless told otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;

/** One connection through which trouble comes: what its client writes goes up, what the server writes comes down. */
export class FaultyChannel implements Channel {
  readonly #address: string;
  readonly #over: (channel: FaultyChannel) => void;
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #sent: FrameFaults;
  readonly #received: FrameFaults;
  readonly #target = new Uint8Array(TARGET_BYTES);
  #client: ChannelEvents | undefined;
  #inner: Channel | undefined;
  #owesDrained = false;
  #isOpen = false;
  #breaking: Subscription | undefined;
  #patience: Subscription | undefined;
  #isSilent = false;
  #lostBytes = 0;

  /** `over` is told when neither end is left. */
  constructor(
    inner: Connector,
    { sent, received }: FrameMeasures,
    trouble: Trouble,
    client: ChannelEvents,
    over: (channel: FaultyChannel) => void,
  ) {
    this.#address = inner.address;
    this.#over = over;
    this.#client = client;
    this.#up = new Lane(trouble, {
      arrived: (bytes) => this.#inner?.write(bytes) ?? true,
      emptied: () => this.#drained(),
    });
    this.#down = new Lane(trouble, {
      arrived: (bytes) => {
        this.#tell((events) => deliver(bytes, events, () => this.#client !== undefined));
        return true;
      },
    });
    this.#sent = new FrameFaults(sent, trouble, 'sent', (bytes) => this.#up.put(bytes));
    this.#received = new FrameFaults(received, trouble, 'received', (bytes) => this.#down.put(bytes));
    this.#inner = inner.connect({
      opened: () => {
        if (this.#hears) this.#down.signal(() => this.#tellOpened());
      },
      target: () => this.#target,
      received: (count) => {
        if (this.#hears) this.#received.take(this.#target.subarray(0, count));
      },
      drained: () => {
        if (!this.#isSilent) this.#up.resume();
      },
      closed: (error) => this.#innerClosed(error),
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#client === undefined || this.#breaking !== undefined) return false;
    if (this.#isSilent) {
      this.#lostBytes += bytes.length;
      return this.#lostBytes < HIGH_WATER_MARK;
    }
    if (this.#inner === undefined) return false;
    if (bytes.length > 0) this.#sent.take(bytes);
    if (this.#up.bytes < HIGH_WATER_MARK && !this.#up.blocked) return true;
    this.#owesDrained = true;
    return false;
  }

  close(): void {
    if (this.#client === undefined) return;
    this.#leave();
    if (this.#inner === undefined) this.#over(this);
    if (this.#inner === undefined || this.#isSilent) return;
    // What was written is on its way, and the end comes behind it.
    this.#sent.end();
    this.#up.signal(() => this.#closeInner());
  }

  /** Both ends are told that it is over; what is on its way is lost, except what has reached the server's side. */
  break(code: 'ECONNRESET' | 'ETIMEDOUT'): void {
    this.#isSilent = false;
    this.#patience?.unsubscribe();
    this.#fail(ChannelError.of(this.#address, { code, syscall: this.#isOpen ? 'read' : 'connect' }));
  }

  /** From now on all is lost, and neither end is told. */
  fallSilent(): void {
    if (this.#breaking !== undefined) return;
    this.#isSilent = true;
    this.#forget();
    if (this.#isOpen || this.#client === undefined) return;
    this.#patience = clock.after(CONNECT_TIMEOUT_MS, () => this.break('ETIMEDOUT'));
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** What was held back comes. */
  hurry(): void {
    clock.after(0, () => {
      this.#sent.release();
      this.#received.release();
    });
    this.#up.hurry();
    this.#down.hurry();
  }

  get #hears(): boolean {
    return this.#client !== undefined && this.#breaking === undefined && !this.#isSilent;
  }

  #drained(): void {
    if (!this.#owesDrained) return;
    this.#owesDrained = false;
    if (this.#hears) this.#tell((events) => events.drained());
  }

  #innerClosed(error: SluiceError | undefined): void {
    this.#inner = undefined;
    this.#up.forget();
    this.#sent.forget();
    if (this.#client === undefined) this.#over(this);
    if (!this.#hears) return;
    this.#received.end();
    this.#down.signal(() => this.#tellClosed(error));
  }

  #tellOpened(): void {
    this.#isOpen = true;
    this.#tell((events) => events.opened());
  }

  #tell(event: (events: ChannelEvents) => void): void {
    const client = this.#client;
    if (client === undefined) return;
    try {
      event(client);
    } catch (error) {
      reportOwnerError(error);
      if (this.#client !== undefined) this.#fail(ChannelError.ownerThrew(this.#address, error));
    }
  }

  #fail(error: SluiceError): void {
    this.#forget();
    this.#inner?.close();
    this.#inner = undefined;
    if (this.#client === undefined) this.#over(this);
    else this.#breaking ??= clock.after(0, () => this.#tellClosed(error));
  }

  #tellClosed(error: SluiceError | undefined): void {
    const client = this.#client;
    this.#leave();
    this.#over(this);
    try {
      client?.closed(error);
    } catch (thrown) {
      reportOwnerError(thrown);
    }
  }

  #closeInner(): void {
    this.#inner?.close();
    this.#inner = undefined;
    this.#over(this);
  }

  /** The client's end is gone: nothing comes down any more. */
  #leave(): void {
    this.#client = undefined;
    this.#breaking?.unsubscribe();
    this.#patience?.unsubscribe();
    this.#down.forget();
    this.#received.forget();
  }

  #forget(): void {
    this.#up.forget();
    this.#down.forget();
    this.#sent.forget();
    this.#received.forget();
  }
}
