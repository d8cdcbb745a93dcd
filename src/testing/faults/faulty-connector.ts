import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../../transports/channel.js';
import type { HalfOpen, WireFault } from './fault.js';
import { FaultyChannel, type FrameMeasures } from './faulty-channel.js';
import { isFrameFault, isLasting, Trouble } from './trouble.js';
import { Use } from './use.js';

/**
 * Leads to a server through all the trouble that there can be on the way. Without faults it changes nothing; all its time
 * is the library's clock.
 *
 * @example
 * import { LanceServer } from 'sluice/embedded';
 * import { LanceClient } from 'sluice/lance';
 * import { fault, FaultyConnector, type Measure } from 'sluice/testing';
 * const server = LanceServer.inMemory();
 * // The header of a frame of Lance has 44 bytes; the length of what follows stands at byte 32.
 * const frame: Measure = (bytes, start, end) =>
 *   end - start < 44 ? undefined : 44 + new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(32, true);
 * const connector = new FaultyConnector(server.connector(), { sent: frame, received: frame });
 * const client = new LanceClient({ connector });
 * connector.apply(fault.drop());
 */
export class FaultyConnector implements Connector {
  readonly #inner: Connector;
  readonly #measures: FrameMeasures;
  readonly #trouble = new Trouble();
  readonly #channels = new Set<FaultyChannel>();
  readonly #use = new Use();

  constructor(inner: Connector, measures: FrameMeasures) {
    this.#inner = inner;
    this.#measures = measures;
  }

  get address(): string {
    return this.#inner.address;
  }

  /** How many connections at least one end holds. */
  get connections(): number {
    return this.#channels.size;
  }

  connect(events: ChannelEvents): Channel {
    const channel = new FaultyChannel(this.#inner, this.#measures, this.#trouble, events, (over) =>
      this.#channels.delete(over),
    );
    this.#channels.add(channel);
    this.#use.began();
    return channel;
  }

  /**
   * Lets something go wrong. May be called at any time: nobody is told inside, except `met`, which is called when the fault
   * has changed anything: at once, later, or never; once or often.
   *
   * @throws InvalidOptionError as {@link check} does.
   */
  apply(fault: WireFault, met: () => void = () => {}): void {
    this.check(fault);
    if (isFrameFault(fault)) this.#trouble.add(fault, met);
    else if (isLasting(fault)) this.#trouble.last(fault, met);
    else if (fault.kind === 'drop') this.#drop(met);
    else if (fault.kind === 'halfOpen') this.#halfOpen(fault, met);
    else this.#heal(met);
  }

  /** @throws InvalidOptionError for `reorder` where answers have no ids. */
  check({ kind }: WireFault): void {
    if (kind !== 'reorder' || this.#measures.overtaking === true) return;
    throw new InvalidOptionError('fault', kind, 'must be possible here: answers have no ids, only their order');
  }

  /** @internal Calls `met` if there is a connection, or when there is one. */
  whenUsed(met: () => void): Subscription {
    return this.#use.when(this.#channels.size > 0, met);
  }

  #drop(met: () => void): void {
    if (this.#channels.size > 0) met();
    for (const channel of this.#channels) channel.break('ECONNRESET');
  }

  #halfOpen({ forMs }: HalfOpen, met: () => void): void {
    const silent = [...this.#channels].filter((channel) => !channel.isSilent);
    if (silent.length > 0) met();
    for (const channel of silent) channel.fallSilent();
    if (forMs === undefined || silent.length === 0) return;
    clock.after(forMs, () => {
      for (const channel of silent) if (channel.isSilent) channel.break('ETIMEDOUT');
    });
  }

  #heal(met: () => void): void {
    met();
    this.#trouble.heal();
    for (const channel of this.#channels) {
      if (channel.isSilent) channel.break('ECONNRESET');
      else channel.hurry();
    }
  }
}
