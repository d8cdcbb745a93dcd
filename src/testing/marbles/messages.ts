/** What a `TestScheduler` notes of an Observable; RxJS does not export the type. */
export interface Message {
  readonly frame: number;
  readonly notification: { readonly kind: 'N' | 'E' | 'C'; readonly value?: unknown; readonly error?: unknown };
}

export function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'frame' in value && 'notification' in value;
}
