import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../../transports/channel.js';
import type { HalfOpen, WireFault } from './fault.js';
import { FaultyChannel, type FrameMeasures } from './faulty-channel.js';
import { isFrameFault, Trouble } from './trouble.js';

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
    return channel;
  }

  /**
   * Lets something go wrong. May be called at any time: nobody is told inside.
   *
   * @throws InvalidOptionError for `reorder` where answers have no ids.
   */
  apply(fault: WireFault): void {
    if (fault.kind === 'reorder' && this.#measures.overtaking !== true) {
      const rule = 'is not possible here: answers have no ids, so that they must come in the order of the requests';
      throw new InvalidOptionError('reorder', fault.withinMs, rule);
    }
    if (isFrameFault(fault)) this.#trouble.add(fault);
    else if (fault.kind === 'drop') for (const channel of this.#channels) channel.break('ECONNRESET');
    else if (fault.kind === 'split') this.#trouble.splitBytes = fault.bytes;
    else if (fault.kind === 'slowReader') this.#trouble.bytesPerMs = fault.bytesPerMs;
    else if (fault.kind === 'delay') this.#trouble.delay(fault);
    else if (fault.kind === 'halfOpen') this.#halfOpen(fault);
    else this.#heal();
  }

  #halfOpen({ forMs }: HalfOpen): void {
    const silent = [...this.#channels].filter((channel) => !channel.isSilent);
    for (const channel of silent) channel.fallSilent();
    if (forMs === undefined || silent.length === 0) return;
    clock.after(forMs, () => {
      for (const channel of silent) if (channel.isSilent) channel.break('ETIMEDOUT');
    });
  }

  #heal(): void {
    this.#trouble.heal();
    for (const channel of this.#channels) {
      if (channel.isSilent) channel.break('ECONNRESET');
      else channel.hurry();
    }
  }
}
