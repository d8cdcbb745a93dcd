import { throwError } from 'rxjs';
import type { ChannelEvents } from './channel.js';

/**
 * Reports what an owner threw out of one of its event functions, as RxJS reports what a subscriber throws: through
 * `config.onUnhandledError`, or as an uncaught exception on a turn of its own. It is a bug, and must not vanish.
 */
export function reportOwnerError(error: unknown): void {
  throwError(() => error).subscribe();
}

/** Tells one of several: what it throws, as a teardown below it may, is reported, and the others are told all the same. */
export function tellOwner(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    reportOwnerError(error);
  }
}

/** Copies bytes into the owner's targets, in as many pieces as they need, as long as the channel stays open. */
export function deliver(bytes: Uint8Array, events: ChannelEvents, isOpen: () => boolean): void {
  for (let at = 0; at < bytes.length && isOpen();) {
    const target = events.target();
    const count = Math.min(target.length, bytes.length - at);
    if (count === 0) throw new RangeError('target() must be at least one byte long');
    target.set(bytes.subarray(at, at + count));
    at += count;
    events.received(count);
  }
}
