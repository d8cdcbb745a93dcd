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
