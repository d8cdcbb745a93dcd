import type { ReconnectOptions } from '../../../transports/reconnect.js';

/** The switch of other clients: off means never again; on keeps the pauses there are, and has no limit unless one was set. */
export function switchReconnect(on: boolean, reconnect: ReconnectOptions = {}): ReconnectOptions {
  const { maxAttempts, ...pauses } = reconnect;
  if (!on) return { ...pauses, maxAttempts: 0 };
  return maxAttempts === 0 ? pauses : reconnect;
}

/** Whether a session that broke is opened again. */
export function isReconnecting(reconnect: ReconnectOptions = {}): boolean {
  return reconnect.maxAttempts !== 0;
}
