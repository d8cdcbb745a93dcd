import { defer, fromEvent, mergeMap, of, take, type Observable } from 'rxjs';
import type { DeliveryStream } from 'sluice';

/** How long what is in flight may take when a stream is to end. */
const DRAIN_MS = 5_000;

/** Emits once when the run is to end early, at once if that is so already. */
export function stoppedBy(stop: AbortSignal): Observable<unknown> {
  return defer(() => (stop.aborted ? of(true) : fromEvent(stop, 'abort').pipe(take(1))));
}

/** What is in flight is finished, then the stream completes like any other. */
export function drained(stream: DeliveryStream<unknown>): Observable<unknown> {
  return stream.drain({ deadlineMs: DRAIN_MS });
}

/** Drains a stream when the run is to end early. */
export function drainWhen(stopped: Observable<unknown>, stream: DeliveryStream<unknown>): void {
  stopped.pipe(mergeMap(() => drained(stream))).subscribe();
}
