import { clock } from '../../foundation/clock.js';
import type { Connector } from '../channel.js';
import { ChannelError } from '../channel-error.js';

/** Stands for the way to a server that `connectorTo` did not make: each channel over it fails, on a later turn. */
export function noWay(address: string, cause: unknown): Connector {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return {
    address,
    connect: (events) => {
      const error = new ChannelError(`${address}: connectorTo failed: ${reason}`, { cause, context: { address } });
      const failing = clock.after(0, () => events.closed(error));
      return { write: () => false, close: () => failing.unsubscribe() };
    },
  };
}
