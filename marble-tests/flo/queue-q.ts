import { text } from '../../src/codecs/payload/text.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import type { MessagesOptions } from '../../src/observables/flo/messages-options.js';
import type { FloRig } from '../../src/testing.js';

/** The messages of the queue `q` as texts. */
export function messages(rig: FloRig, options: Omit<MessagesOptions<string>, 'codec'> = {}): DeliveryStream<string> {
  return rig.client.queue.messages('q', { codec: text(), ...options });
}

/** Where the messages of `q` are: ready, leased, dead. */
export function queueOf(rig: FloRig): { ready: number; leased: number; dead: number } {
  const { ready, leased, dead } = rig.server.queue('q');
  return { ready, leased, dead };
}

export const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

export const asText = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

export const valuesOf = (deliveries: readonly Delivery<string>[]): string[] => deliveries.map(({ value }) => value);
