import { defer, lastValueFrom, Observable, of, Subscription } from 'rxjs';
import { ConnectionError, type LanceError } from '../../../codecs/lance/errors.js';
import { milliseconds } from '../../../foundation/check.js';
import { clock } from '../../../foundation/clock.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { INSPECT, inspected, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import type { Route } from '../../../transports/lance/route.js';
import type { DrainOptions } from '../../delivery/delivery-stream.js';
import { parseAddress } from '../connection/address.js';
import { CLIENT_OPTIONS, clientPlan, type LanceClientOptions } from '../connection/client-options.js';
import { Control } from '../connection/control.js';
import { closedError, Outbox } from './outbox.js';
import { outboxPlan } from './outbox-plan.js';
import { withOutcome } from './outcome.js';
import type { Waiter } from './parcel.js';
import { PRODUCER_OPTIONS, producerPlan, type ProducerOptions } from './producer-options.js';
import type { ProducerStatus } from './producer-status.js';
import { recordOf, valueOf, type RecordInput } from './record-input.js';
import type { ProducerMetrics } from './tally.js';
import { checkTopicRef, type TopicRef } from '../connection/topic-ref.js';

const NAMES: OptionNames<LanceClientOptions & ProducerOptions> = { ...CLIENT_OPTIONS, ...PRODUCER_OPTIONS };

/** One who waits for the connection. */
interface Connecting {
  opened(): void;
  failed(error: LanceError): void;
}

/**
 * Sends records and tells of their acknowledgement. One connection, opened by the first record; what was not
 * acknowledged when it broke is sent again, so a record may arrive twice.
 *
 * @example
 * import { Producer } from 'sluice/lance';
 * const producer = new Producer({ host: '127.0.0.1', port: 1992 });
 * producer.send('my-events', '{"price": 6942.25}').subscribe((batchId) => console.log(batchId));
 */
export class Producer {
  private readonly route: Route;
  private readonly control: Control;
  private readonly outbox: Outbox;
  private readonly connecting = new Set<Connecting>();
  private closed = false;

  /**
   * How this producer stands to its server, now and whenever that changes; completes when it is closed.
   * @example
   * import { Producer } from 'sluice/lance';
   * new Producer().status$.subscribe(({ state, detail }) => console.log(state, detail));
   */
  readonly status$: Observable<ProducerStatus>;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: LanceClientOptions & ProducerOptions = {}) {
    const client = clientPlan(onlyKnown('Producer', options, NAMES));
    this.route = client.connector;
    this.control = new Control(client);
    this.outbox = new Outbox(outboxPlan(client, this.control, options), {
      opened: () => {
        for (const waiter of this.takeConnecting()) waiter.opened();
      },
      gaveUp: (error) => {
        for (const waiter of this.takeConnecting()) waiter.failed(error);
      },
    });
    this.status$ = this.outbox.watch.status$;
  }

  /**
   * A producer for `host:port`, connected. Emits it once; errors if the first attempt to connect fails.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  static connect(address: string, options: LanceClientOptions & ProducerOptions = {}): Observable<Producer> {
    const given = { ...onlyKnown('Producer', options, NAMES), ...parseAddress(address) };
    // Each producer makes its own: these are made for what they throw.
    clientPlan(given);
    producerPlan(given);
    return new Observable((subscriber) => {
      const producer = new Producer(given);
      let isHandedOver = false;
      subscriber.add(
        producer.connect().subscribe({
          next: (connected) => {
            isHandedOver = true;
            subscriber.next(connected);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
      // Nobody else can close it.
      subscriber.add(() => {
        if (!isHandedOver) producer.close().subscribe();
      });
    });
  }

  /** Bytes that wait or are unacknowledged. */
  get bufferedBytes(): number {
    return this.outbox.buffered;
  }

  /** Opens the connection before the first record; emits this producer, or errors if the first attempt fails. */
  connect(): Observable<this> {
    return new Observable((subscriber) => {
      this.checkOpen();
      const waiter: Connecting = {
        opened: () => {
          subscriber.next(this);
          subscriber.complete();
        },
        failed: (error) => subscriber.error(error),
      };
      this.connecting.add(waiter);
      // The outbox would try again and again; the control connection says at once whether there is a server.
      const calledOff = this.control.use(
        () => {
          if (this.outbox.isOpen && this.connecting.delete(waiter)) waiter.opened();
          else if (!subscriber.closed) this.outbox.connect();
        },
        (error) => {
          if (this.connecting.delete(waiter)) waiter.failed(error);
        },
      );
      return () => {
        this.connecting.delete(waiter);
        calledOff();
      };
    });
  }

  /** What this producer has done so far, and what it has at hand. */
  metrics(): ProducerMetrics {
    return this.outbox.metrics();
  }

  /** Whether records can be expected to arrive: it is not closed, and no connection has been lost that is not back. */
  get isHealthy(): boolean {
    const { state } = this.outbox.watch.status;
    return state === 'idle' || state === 'connecting' || state === 'connected';
  }

  /**
   * Sends one record per subscription and emits the id of its batch when that is acknowledged. Errors with
   * `BackpressureError` when `bufferBytes` are waiting, with what the server says, such as `TopicNotFoundError`, with
   * `LanceTimeoutError` after `deliveryTimeoutMs`, with `ConnectionError` after `reconnect.maxAttempts`. `context.outcome`
   * of the error says what is known of the record: `'not sent'`, `'refused'` by the server, or `'unknown'`: it may have
   * been written, and sending it again may write it twice.
   */
  send(topic: TopicRef, data: RecordInput): Observable<bigint> {
    const { type, value } = recordOf(data);
    checkTopicRef(topic);
    return this.waiting((waiter) => this.outbox.append(topic, type, value, waiter));
  }

  /**
   * Like {@link send}, but where that would error because `bufferBytes` are waiting, this emits `undefined` at once and
   * sends nothing.
   */
  trySend(topic: TopicRef, data: RecordInput): Observable<bigint | undefined> {
    const sent = this.send(topic, data);
    const value = valueOf(data);
    return defer(() => (this.closed || this.outbox.hasRoomFor(value) ? sent : of(undefined)));
  }

  /** Like {@link send}, but emits the id of the batch at once; `flush` waits for the acknowledgements. */
  sendAsync(topic: TopicRef, data: RecordInput): Observable<bigint> {
    const { type, value } = recordOf(data);
    checkTopicRef(topic);
    return new Observable((subscriber) => {
      this.checkOpen();
      subscriber.next(BigInt(this.outbox.append(topic, type, value).id));
      subscriber.complete();
    });
  }

  /** Sends records as one batch: together, or not at all. Errors as {@link send} does. */
  sendBatch(topic: TopicRef, records: readonly RecordInput[]): Observable<bigint> {
    if (!Array.isArray(records)) throw new InvalidOptionError('records', records, 'must be an array');
    const batch = records.map(recordOf);
    checkTopicRef(topic);
    return this.waiting((waiter) => this.outbox.appendBatch(topic, batch, waiter));
  }

  /** Sends what waits; emits and completes when everything that was sent before is acknowledged or has failed. */
  flush(): Observable<void> {
    return new Observable((subscriber) =>
      this.outbox.flush(() => {
        subscriber.next();
        subscriber.complete();
      }),
    );
  }

  /**
   * Flushes, then closes the connection; later records are refused. What is not acknowledged after `deadlineMs` (30 000 by
   * default) fails. Closing goes on when nobody is subscribed any more.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  close(options: DrainOptions = {}): Observable<void> {
    const { deadlineMs = 30_000 } = onlyKnown('close', options, { deadlineMs: true });
    milliseconds('close.deadlineMs', deadlineMs);
    return new Observable((subscriber) => {
      this.closed = true;
      const deadline = new Subscription();
      const end = (): void => {
        deadline.unsubscribe();
        this.outbox.close(closedError());
        const unconnected = new ConnectionError('the producer was closed before it was connected', {
          retryable: false,
        });
        for (const waiter of this.takeConnecting()) waiter.failed(unconnected);
        this.control.close();
        subscriber.next();
        subscriber.complete();
      };
      const calledOff = this.outbox.flush(end);
      if (deadline.closed) return;
      deadline.add(clock.after(deadlineMs, end));
      deadline.add(calledOff);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close(), { defaultValue: undefined });
  }

  /** Where its server is, how it stands to it and how much it holds, for logs. */
  toJSON(): { server: string; state: ProducerStatus['state']; bufferedBytes: number } {
    const { state } = this.outbox.watch.status;
    return { server: this.route.address, state, bufferedBytes: this.bufferedBytes };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('Producer', this.toJSON(), how);
  }

  private waiting(append: (waiter: Waiter) => unknown): Observable<bigint> {
    return new Observable((subscriber) => {
      this.checkOpen();
      append(subscriber);
    });
  }

  private takeConnecting(): Connecting[] {
    const waiters = [...this.connecting];
    this.connecting.clear();
    return waiters;
  }

  private checkOpen(): void {
    if (!this.closed) return;
    throw withOutcome(new ConnectionError('the producer is closed', { retryable: false }), 'not sent');
  }
}
