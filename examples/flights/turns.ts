import { AsyncSubject, concat, defer, EMPTY, finalize, type Observable } from 'rxjs';

/** Lets one after the other in. */
export class Turns {
  #last: Observable<never> = EMPTY;

  /** The same Observable, but it begins only when everyone before it has ended. */
  inTurn<T>(source: Observable<T>): Observable<T> {
    return defer(() => {
      const before = this.#last;
      const ended = new AsyncSubject<never>();
      this.#last = ended;
      // Who leaves the line lets nobody pass who still has to wait for others.
      return concat(before, source).pipe(finalize(() => before.subscribe({ complete: () => ended.complete() })));
    });
  }
}
