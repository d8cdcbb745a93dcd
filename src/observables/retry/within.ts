import { Subscriber, type Observer } from 'rxjs';

/**
 * A subscriber for an inner source, ended by the end of `outer`. Made before the inner source is subscribed to,
 * so that `take(1)` below also stops a source that emits synchronously; `outer` forgets it once it has ended.
 */
export function within<T>(outer: Subscriber<unknown>, observer: Observer<T>): Subscriber<T> {
  const inner = new Subscriber<T>(observer);
  outer.add(inner);
  return inner;
}
