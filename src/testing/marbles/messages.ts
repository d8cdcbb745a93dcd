import type { MarbleEvent } from './recording.js';

/** What a `TestScheduler` notes of an Observable; RxJS does not export the type. */
export interface Message {
  readonly frame: number;
  readonly notification: { readonly kind: 'N' | 'E' | 'C'; readonly value?: unknown; readonly error?: unknown };
}

export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('frame' in value) || !('notification' in value)) return false;
  const { notification } = value;
  return typeof notification === 'object' && notification !== null && 'kind' in notification;
}

export function eventOf({ frame, notification: { kind, value, error } }: Message): MarbleEvent {
  if (kind === 'N') return { atMs: frame, kind: 'next', value };
  if (kind === 'E') return { atMs: frame, kind: 'error', value: error };
  return { atMs: frame, kind: 'complete', value: undefined };
}
