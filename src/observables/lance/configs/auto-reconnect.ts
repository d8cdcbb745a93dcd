import { InvalidOptionError } from '../../../foundation/errors.js';
import type { ReconnectOptions } from '../../../transports/reconnect.js';

/** The switch of other clients: off means never again; on keeps the pauses there are, and has no limit unless one was set. */
export function switchReconnect(on: boolean, reconnect: ReconnectOptions = {}): ReconnectOptions {
  // A text that says false would switch it on.
  if (typeof on !== 'boolean') throw new InvalidOptionError('autoReconnect', on, 'must be true or false');
  const { maxAttempts, ...pauses } = reconnect;
  if (!on) return { ...pauses, maxAttempts: 0 };
  return maxAttempts === 0 ? pauses : reconnect;
}

/** Whether a session that broke is opened again. */
export function isReconnecting(reconnect: ReconnectOptions = {}): boolean {
  return reconnect.maxAttempts !== 0;
}
