import { concatAll, defer, filter, from, lastValueFrom, map, Observable, of, toArray } from 'rxjs';
import type { Attempt } from '../../codecs/lightning/attempt.js';
import { wholeSpan, type NewSpan } from '../../codecs/lightning/new-span.js';
import type { Page } from '../../codecs/lightning/page.js';
import {
  latestAttemptRequest,
  queryAttemptsRequest,
  startAttemptRequest,
  updateAttemptRequest,
  type AttemptChanges,
  type AttemptQuery,
} from '../../codecs/lightning/requests/attempts.js';
import {
  dequeueRequest,
  enqueueRequest,
  type NewRollout,
  type WorkerOption,
} from '../../codecs/lightning/requests/queue.js';
import {
  addResourcesRequest,
  getResourcesRequest,
  latestResourcesRequest,
  queryResourcesRequest,
  updateResourcesRequest,
  type ResourcesQuery,
} from '../../codecs/lightning/requests/resources.js';
import {
  getRolloutRequest,
  queryRolloutsRequest,
  startRolloutRequest,
  updateRolloutRequest,
  type RolloutChanges,
  type RolloutQuery,
} from '../../codecs/lightning/requests/rollouts.js';
import { healthRequest, statisticsRequest, type Health } from '../../codecs/lightning/requests/server.js';
import {
  addSpanRequest,
  nextSequenceIdRequest,
  querySpansRequest,
  type SpanQuery,
} from '../../codecs/lightning/requests/spans.js';
import {
  getWorkerRequest,
  queryWorkersRequest,
  updateWorkerRequest,
  type WorkerQuery,
} from '../../codecs/lightning/requests/workers.js';
import type { NamedResources, ResourcesUpdate } from '../../codecs/lightning/resources.js';
import type { AttemptedRollout, Rollout } from '../../codecs/lightning/rollout.js';
import type { Span } from '../../codecs/lightning/span.js';
import type { Statistics } from '../../codecs/lightning/statistics.js';
import type { Worker } from '../../codecs/lightning/worker.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { storePlan, type LightningStoreClientOptions } from './client-options.js';
import { RolloutWait } from './rollout-wait.js';
import { Store } from './store.js';
import { unlessUnknown } from './unknown-rollout.js';
import { waitPlan, type WaitOptions } from './wait-options.js';

/**
 * A client of one store of agent rollouts. Making one does nothing; each method gives a cold Observable that asks once
 * per subscription, emits one value and completes. Absence is the value `undefined`.
 *
 * What fails is tried again by the official client's rules (lightning.md 5.2): after 1, 2 and 5 seconds, but only once
 * the server says that it is well. Where nothing listens a call fails in about a second: `retryBackoff` of `sluice` waits
 * longer. Dequeueing is never tried again: a lost answer may mean that something was made twice, and a rollout that is
 * dequeued twice would be lost. Errors are `LightningError`s; what a method is given wrong it throws at once as
 * `InvalidOptionError`, except what `JSON.stringify` refuses, which is an error of the Observable.
 *
 * @example
 * import { concatMap } from 'rxjs';
 * import { LightningStoreClient } from 'sluice/lightning';
 * const store = new LightningStoreClient('http://127.0.0.1:4747');
 * store
 *   .enqueueRollout({ input: { question: 'why?' } })
 *   .pipe(concatMap(({ rolloutId }) => store.waitForRollouts([rolloutId], { timeoutMs: 60_000 })))
 *   .subscribe(({ rolloutId, status }) => console.log(rolloutId, status));
 */
export class LightningStoreClient {
  private readonly store: Store;

  /**
   * `serverAddress` is the root of the server, such as `http://127.0.0.1:4747`.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  constructor(serverAddress: string, options: LightningStoreClientOptions = {}) {
    this.store = new Store(storePlan(serverAddress, options));
  }

  /** Emits this client once the server has answered that it is well, for those who want to fail early. */
  connect(): Observable<this> {
    return this.health().pipe(map(() => this));
  }

  /** Asks once how the server is; any answer but "well" is an error. */
  health(): Observable<Health> {
    return this.store.command(healthRequest(), 'once');
  }

  /** What the store counts. */
  statistics(): Observable<Statistics> {
    return this.store.command(statisticsRequest());
  }

  /** Puts a rollout into the queue. A lost answer can mean that it is there twice. */
  enqueueRollout(rollout: NewRollout): Observable<Rollout> {
    return this.enqueueManyRollouts([rollout]).pipe(map(([made]) => made!));
  }

  /** Puts rollouts into the queue with one request and emits them in the same order. */
  enqueueManyRollouts(rollouts: readonly NewRollout[]): Observable<Rollout[]> {
    return rollouts.length === 0 ? of([]) : this.store.command(enqueueRequest(rollouts));
  }

  /** Takes a rollout out of the queue and begins an attempt; undefined if the queue is empty. Never tried again. */
  dequeueRollout(options: WorkerOption = {}): Observable<AttemptedRollout | undefined> {
    return this.dequeueManyRollouts(1, options).pipe(map(([first]) => first));
  }

  /** Takes up to `limit` rollouts out of the queue. Never tried again. */
  dequeueManyRollouts(limit = 1, options: WorkerOption = {}): Observable<AttemptedRollout[]> {
    const request = dequeueRequest(limit, options);
    return limit === 0 ? of([]) : this.store.command(request, 'once');
  }

  /** Makes a rollout with a first attempt, past the queue. */
  startRollout(rollout: NewRollout & WorkerOption): Observable<AttemptedRollout> {
    return this.store.command(startRolloutRequest(rollout));
  }

  /** A rollout with its latest attempt, if it has one; undefined if the store doesn't know it. */
  getRolloutById(rolloutId: string): Observable<Rollout | undefined> {
    return this.store.command(getRolloutRequest(rolloutId)).pipe(unlessUnknown());
  }

  /** Changes a rollout. Errors with `RolloutNotFoundError`. */
  updateRollout(rolloutId: string, changes: RolloutChanges): Observable<Rollout> {
    return this.store.command(updateRolloutRequest(rolloutId, changes));
  }

  /** The rollouts that match; all of them, in the order made, by default. */
  queryRollouts(query: RolloutQuery = {}): Observable<Page<Rollout>> {
    return this.store.command(queryRolloutsRequest(query));
  }

  /**
   * Emits each rollout once as it ends, without its attempt, and completes when all have; an empty list completes at
   * once. It polls for those that are still open, and goes on while the store is away for up to `maxAwayMs`. When the
   * time is over it looks once more, which may take a second. A rollout that is taken up again later counts as ended.
   * Errors with `RolloutNotFoundError` and `WaitTimeoutError` as the options say.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  waitForRollouts(rolloutIds: readonly string[], options: WaitOptions = {}): Observable<Rollout> {
    const plan = waitPlan(rolloutIds, options);
    return new Observable((subscriber) => new RolloutWait(this.store, plan, subscriber).begin());
  }

  /** Begins another attempt, whatever the rollout's limit says. Errors with `RolloutNotFoundError`. */
  startAttempt(rolloutId: string, options: WorkerOption = {}): Observable<AttemptedRollout> {
    return this.store.command(startAttemptRequest(rolloutId, options));
  }

  /**
   * Changes an attempt, by its id or as `'latest'`; its status moves the rollout along. An update of the latest attempt
   * takes up a rollout that has ended again. Errors with `RolloutNotFoundError` or `AttemptNotFoundError`.
   */
  updateAttempt(rolloutId: string, attemptId: string, changes: AttemptChanges): Observable<Attempt> {
    return this.store.command(updateAttemptRequest(rolloutId, attemptId, changes));
  }

  /** The attempt with the highest `sequenceId`; undefined if there is none or no such rollout. */
  getLatestAttempt(rolloutId: string): Observable<Attempt | undefined> {
    return this.store.command(latestAttemptRequest(rolloutId));
  }

  /** The attempts of a rollout; none if there is no such rollout. */
  queryAttempts(rolloutId: string, query: AttemptQuery = {}): Observable<Page<Attempt>> {
    return this.store.command(queryAttemptsRequest(rolloutId, query));
  }

  /**
   * Adds a span to an attempt, and emits it as stored; undefined if the attempt has one of this id, which is also how a
   * second try looks after a lost answer. Ids left out are chosen here, once: subscribing again adds nothing twice.
   * Errors with `RolloutNotFoundError` or `AttemptNotFoundError`.
   * @throws {@link InvalidOptionError} naming the field.
   */
  addSpan(span: NewSpan): Observable<Span | undefined> {
    return this.store.command(addSpanRequest(wholeSpan(span)));
  }

  /** Adds spans one after the other and emits those that were not there yet. */
  addManySpans(spans: readonly NewSpan[]): Observable<Span[]> {
    return from(spans.map((span) => this.addSpan(span))).pipe(
      concatAll(),
      filter((added) => added !== undefined),
      toArray(),
    );
  }

  /** The spans of a rollout; none if there is no such rollout. Errors with `SpansEvictedError`. */
  querySpans(rolloutId: string, query: SpanQuery = {}): Observable<Page<Span>> {
    return this.store.command(querySpansRequest(rolloutId, query));
  }

  /** The next number for a span of this rollout; its attempts share the count. A lost answer skips one. */
  getNextSpanSequenceId(rolloutId: string, attemptId: string): Observable<number> {
    return this.store.command(nextSequenceIdRequest(rolloutId, attemptId));
  }

  /** The next numbers for spans of these `[rolloutId, attemptId]`, asked for one after the other. */
  getManySpanSequenceIds(pairs: readonly (readonly [string, string])[]): Observable<number[]> {
    return from(pairs.map((pair) => this.getNextSpanSequenceId(...pair))).pipe(concatAll(), toArray());
  }

  /** Stores a snapshot of resources under a new id; it becomes the latest. */
  addResources(resources: NamedResources): Observable<ResourcesUpdate> {
    return this.store.command(addResourcesRequest(resources));
  }

  /** Replaces a snapshot, or makes one of this id; it becomes the latest. Queued rollouts see the change. */
  updateResources(resourcesId: string, resources: NamedResources): Observable<ResourcesUpdate> {
    return this.store.command(updateResourcesRequest(resourcesId, resources));
  }

  /** A snapshot of resources; undefined if there is none of this id. */
  getResourcesById(resourcesId: string): Observable<ResourcesUpdate | undefined> {
    return this.store.command(getResourcesRequest(resourcesId));
  }

  /** The snapshot that was added or updated last; undefined if there is none. */
  getLatestResources(): Observable<ResourcesUpdate | undefined> {
    return this.store.command(latestResourcesRequest());
  }

  /** The snapshots that match. */
  queryResources(query: ResourcesQuery = {}): Observable<Page<ResourcesUpdate>> {
    return this.store.command(queryResourcesRequest(query));
  }

  /** The workers that match. */
  queryWorkers(query: WorkerQuery = {}): Observable<Page<Worker>> {
    return this.store.command(queryWorkersRequest(query));
  }

  /** A worker; undefined if the store has not heard of it. */
  getWorkerById(workerId: string): Observable<Worker | undefined> {
    return this.store.command(getWorkerRequest(workerId));
  }

  /** A heartbeat: makes the worker known. Without stats, those of before stay. */
  updateWorker(workerId: string, heartbeatStats?: Readonly<Record<string, unknown>>): Observable<Worker> {
    return this.store.command(updateWorkerRequest(workerId, heartbeatStats));
  }

  /** Closes all connections, for good: what is under way or asked for later errors with `ClosedError`. */
  close(): Observable<void> {
    return defer(() => {
      this.store.close();
      return of(undefined);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close());
  }

  /** Where its server is, for logs. */
  toJSON(): { server: string } {
    return { server: this.store.origin };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('LightningStoreClient', this.toJSON(), how);
  }
}
