import { Observable } from 'rxjs';
import { RecordType } from '../../codecs/lance/record-type.js';
import { TlvRecord } from '../../codecs/lance/tlv.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { parseAddress } from './address.js';
import { clientPlan, type LanceClientOptions } from './client-options.js';
import { Control } from './control.js';
import { closedError, Outbox, type OutboxPlan } from './outbox.js';
import { producerPlan, type ProducerOptions } from './producer-options.js';
import { checkTopicRef, resolveTopic, type TopicRef } from './topic-ref.js';

/** What one record may be made of: text and bytes become RawData. */
export type RecordInput = Uint8Array | string | TlvRecord;

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
  private readonly control: Control;
  private readonly outbox: Outbox;
  private readonly connecting = new Set<() => void>();
  private closed = false;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: LanceClientOptions & ProducerOptions = {}) {
    const client = clientPlan(options);
    this.control = new Control(client.connector, client.requestTimeoutMs);
    this.outbox = new Outbox(outboxPlan(client, this.control, options), {
      opened: () => {
        for (const opened of [...this.connecting]) opened();
      },
    });
  }

  /** A producer for `host:port`, connected. Emits it once; errors if there is no connection in time. */
  static connect(address: string, options: LanceClientOptions & ProducerOptions = {}): Observable<Producer> {
    return new Observable((subscriber) => {
      const producer = new Producer({ ...options, ...parseAddress(address) });
      subscriber.add(producer.connect().subscribe(subscriber));
    });
  }

  /** Bytes that wait or are unacknowledged. */
  get bufferedBytes(): number {
    return this.outbox.buffered;
  }

  /** Opens the connection before the first record; emits this producer. */
  connect(): Observable<this> {
    return new Observable((subscriber) => {
      const opened = (): void => {
        this.connecting.delete(opened);
        subscriber.next(this);
        subscriber.complete();
      };
      this.connecting.add(opened);
      this.control.use(
        () => this.outbox.connect(),
        (error) => {
          this.connecting.delete(opened);
          subscriber.error(error);
        },
      );
      return () => this.connecting.delete(opened);
    });
  }

  /**
   * Sends one record per subscription and emits the id of its batch when that is acknowledged. Errors with
   * {@link BackpressureError} when `bufferBytes` are waiting, with `TopicNotFoundError`, or with `LanceTimeoutError`.
   */
  send(topic: TopicRef, data: RecordInput): Observable<bigint> {
    const { type, value } = recordOf(data);
    checkTopicRef(topic);
    return this.waiting((waiter) => this.outbox.append(topic, type, value, waiter));
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

  /** Sends records as one batch: together, or not at all. */
  sendBatch(topic: TopicRef, records: readonly RecordInput[]): Observable<bigint> {
    const batch = records.map(recordOf);
    checkTopicRef(topic);
    return this.waiting((waiter) => this.outbox.appendBatch(topic, batch, waiter));
  }

  /** Sends what waits; emits and completes when everything that was sent before is acknowledged or has failed. */
  flush(): Observable<void> {
    return new Observable((subscriber) => {
      this.outbox.flush(() => {
        subscriber.next();
        subscriber.complete();
      });
    });
  }

  /** Flushes, then closes the connection; later records are refused. */
  close(): Observable<void> {
    return new Observable((subscriber) => {
      this.closed = true;
      this.outbox.flush(() => {
        this.outbox.close(closedError());
        this.control.close();
        subscriber.next();
        subscriber.complete();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve, reject) => this.close().subscribe({ complete: resolve, error: reject }));
  }

  private waiting(append: (waiter: { acked(id: bigint): void; rejected(error: unknown): void }) => unknown): Observable<bigint> {
    return new Observable((subscriber) => {
      this.checkOpen();
      append({
        acked: (batchId) => {
          subscriber.next(batchId);
          subscriber.complete();
        },
        rejected: (error) => subscriber.error(error),
      });
    });
  }

  private checkOpen(): void {
    if (this.closed) throw closedError();
  }
}

/** @internal */
export function outboxPlan(
  client: ReturnType<typeof clientPlan>,
  control: Control,
  options: ProducerOptions,
): OutboxPlan {
  const { connector, requestTimeoutMs, reconnect } = client;
  return {
    ...producerPlan(options),
    connector,
    requestTimeoutMs,
    reconnect,
    resolve: (topic, found, failed) =>
      control.use((session) => resolveTopic(session, topic, ({ id }) => found(id), failed), failed),
  };
}

/** @internal */
export function recordOf(data: RecordInput): TlvRecord {
  if (data instanceof TlvRecord) return data;
  if (data instanceof Uint8Array) return new TlvRecord(RecordType.RawData, data);
  if (typeof data === 'string') return new TlvRecord(RecordType.RawData, Buffer.from(data));
  throw new InvalidOptionError('record', data, 'must be bytes, a text or a TlvRecord; for other values give a codec');
}
