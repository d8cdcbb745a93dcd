import { isObservable, type Observable } from 'rxjs';

export function isObservableLike<T>(source: unknown): source is Observable<T> {
  return isObservable(source);
}

export function isIterable<T>(source: unknown): source is Iterable<T> {
  return typeof source === 'object' && source !== null && Symbol.iterator in source;
}

export function isAsyncIterable<T>(source: unknown): source is AsyncIterable<T> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}

/** A text is a value of its own, as a promise of it would be, and not its characters. */
export function isPromiseLike<T>(source: unknown): source is PromiseLike<T> {
  if (typeof source === 'string') return true;
  return typeof source === 'object' && source !== null && 'then' in source && typeof source.then === 'function';
}
