import { Observable, Subscriber, type OperatorFunction } from 'rxjs';

/** What an operator does with what comes from above; what is missing is passed on. */
export interface Inlet<In> {
  next(value: In): void;
  complete?(): void;
  /** Runs once when the subscription below ends, for whatever reason. */
  teardown?(): void;
}

/** A subscriber made on the one below: it stops when that one stops, even while the source is emitting synchronously. */
class InletSubscriber<In, Out> extends Subscriber<In> {
  private readonly inlet: Inlet<In>;

  constructor(
    private readonly below: Subscriber<Out>,
    connect: (below: Subscriber<Out>) => Inlet<In>,
  ) {
    super(below);
    const inlet = connect(below);
    this.inlet = inlet;
    if (inlet.teardown !== undefined) below.add(() => inlet.teardown?.());
  }

  protected override _next(value: In): void {
    try {
      this.inlet.next(value);
    } catch (error) {
      // As RxJS's own operators do: what an operator can't handle is an error below, not one in the source.
      this.below.error(error);
    }
  }

  protected override _complete(): void {
    try {
      if (this.inlet.complete === undefined) this.below.complete();
      else this.inlet.complete();
    } finally {
      this.unsubscribe();
    }
  }
}

/**
 * The one way in which operators of this library subscribe. `new Observable((s) => source.subscribe({…}))` could not
 * stop a synchronous source.
 */
export function operate<In, Out>(connect: (below: Subscriber<Out>) => Inlet<In>): OperatorFunction<In, Out> {
  return (source) => new Observable<Out>((below) => source.subscribe(new InletSubscriber<In, Out>(below, connect)));
}
