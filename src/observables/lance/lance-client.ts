import { catchError, concatMap, lastValueFrom, map, Observable, throwError } from 'rxjs';
import { keepaliveFrame } from '../../codecs/lance/frames.js';
import { FrameKind } from '../../codecs/lance/header.js';
import { ProtocolError, TopicAlreadyExistsError } from '../../codecs/lance/errors.js';
import type { RecordBatch } from '../../codecs/lance/record-batch.js';
import {
  createTopicRequest,
  deleteTopicRequest,
  getTopicRequest,
  listTopicsRequest,
} from '../../codecs/lance/requests.js';
import { decodeDeleted, decodeTopic, decodeTopicList, type TopicInfo } from '../../codecs/lance/topic-json.js';
import { checkTopicName } from '../../codecs/lance/topic-name.js';
import { integerIn, milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { DeliveryStream, type DrainOptions } from '../delivery/delivery-stream.js';
import { LiveStreams } from '../delivery/live-streams.js';
import { NoSource } from '../delivery/no-source.js';
import type { FateReport } from '../delivery/types.js';
import { checkOffsetStore } from './stores/check-offset-store.js';
import { CLIENT_OPTIONS, clientPlan, type ClientPlan, type LanceClientOptions } from './connection/client-options.js';
import { consumePlan, type ConsumeOptions, type DeadLetterSink } from './consuming/consume-options.js';
import { Control } from './connection/control.js';
import { DeadLetterTopic } from './consuming/dead-letter-topic.js';
import { LogSource, type LogSourcePlan } from './consuming/log-source.js';
import { outboxPlan } from './producing/outbox-plan.js';
import { PRODUCER_OPTIONS } from './producing/producer-options.js';
import { makeSink, type Sink, type SinkOptions } from './producing/sink.js';
import { checkTopicRef, resolveTopic, type TopicRef } from './connection/topic-ref.js';

/**
 * A client of one Lance server. Making one does nothing; the first subscription connects. Commands share a connection,
 * each consumed topic and each sink has one of its own.
 *
 * @example
 * import { autoAck, records } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ host: '127.0.0.1', port: 1992 });
 * lance.consume('events', { from: 'end' }).pipe(autoAck(), records()).subscribe((record) => console.log(record.text()));
 */
export class LanceClient {
  private readonly plan: ClientPlan;
  private readonly control: Control;
  private readonly streams = new LiveStreams();
  private readonly letterTopics = new Map<string, DeadLetterTopic>();
  private closed = false;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: LanceClientOptions = {}) {
    this.plan = clientPlan(onlyKnown('LanceClient', options, CLIENT_OPTIONS));
    this.control = new Control(this.plan.connector, this.plan.requestTimeoutMs);
  }

  /** Emits this client once a server has answered a keepalive, for those who want to fail early. */
  connect(): Observable<this> {
    return this.ping().pipe(map(() => this));
  }

  /** Creates a topic (lance.md 2.7, 0x01). Errors with `TopicAlreadyExistsError` if there is one. */
  createTopic(name: string): Observable<TopicInfo> {
    checkTopicName(name);
    return this.control.topicCommand(() => createTopicRequest(name), decodeTopic);
  }

  /** The topic of this name, created if there is none. */
  ensureTopic(name: string): Observable<TopicInfo> {
    return this.createTopic(name).pipe(
      catchError((error: unknown) =>
        error instanceof TopicAlreadyExistsError ? this.findTopic(name) : throwError(() => error),
      ),
    );
  }

  /** All topics, in no particular order (0x03). */
  listTopics(): Observable<TopicInfo[]> {
    return this.control.topicCommand(listTopicsRequest, decodeTopicList);
  }

  /** One topic by its id (0x04) or name. Errors with `TopicNotFoundError`. */
  getTopic(topic: TopicRef): Observable<TopicInfo> {
    checkTopicRef(topic);
    if (typeof topic === 'string') return this.findTopic(topic);
    return this.control.topicCommand(() => getTopicRequest(topic), decodeTopic);
  }

  /** Deletes a topic by its id (0x02) or name and emits its id. Errors with `TopicNotFoundError`. */
  deleteTopic(topic: TopicRef): Observable<number> {
    checkTopicRef(topic);
    if (typeof topic === 'number') return this.deleteById(topic);
    return this.findTopic(topic).pipe(concatMap(({ id }) => this.deleteById(id)));
  }

  /** Emits the round trip of a keepalive, in milliseconds (lance.md 2.5). */
  ping(): Observable<number> {
    return new Observable((subscriber) =>
      this.control.use(
        (session) => {
          const sentMs = clock.now();
          session.send({
            request: keepaliveFrame(),
            reply: (header) => {
              if (header.kind !== FrameKind.Keepalive)
                throw new ProtocolError(`expected a keepalive, got ${header.kind}`);
              subscriber.next(clock.now() - sentMs);
              subscriber.complete();
            },
            failed: (error) => subscriber.error(error),
          });
        },
        (error) => subscriber.error(error),
      ),
    );
  }

  /**
   * Reads a topic as deliveries of batches: the next fetch waits until the window has room, and only settled positions
   * are committed (lance.md 7). One subscriber at a time. Errors with `TopicNotFoundError`: {@link ensureTopic} makes one.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  consume<V = Uint8Array>(topic: TopicRef, options: ConsumeOptions<V> = {}): DeliveryStream<RecordBatch<V>> {
    const { connector, requestTimeoutMs, reconnect, offsetStore } = this.plan;
    const plan: LogSourcePlan<V> = {
      ...consumePlan(options),
      topic: checkTopicRef(topic),
      connector,
      requestTimeoutMs,
      reconnect,
      store: checkOffsetStore(options.offsetStore) ?? offsetStore,
      deadLetters: this.letterSink(options.deadLetters),
      kept: { place: undefined },
    };
    const name = String(topic);
    return new DeliveryStream<RecordBatch<V>>({
      name: `lance:${name}`,
      guarantee: 'at-least-once',
      window: plan.window,
      originOf: (node) => ({ system: 'lance', name, position: BigInt(node.position) }),
      open: (core) => (this.closed ? new NoSource(core) : new LogSource(plan, core)),
      began: (stream) => this.streams.began(stream),
    });
  }

  /**
   * Makes a function that writes what it is given to a topic and emits a receipt per acknowledged batch. It takes from
   * an iterable or async iterable only as fast as acknowledgements come; an Observable can't be slowed, and errors with
   * `BackpressureError` once `bufferBytes` are waiting. The topic must exist: {@link ensureTopic} makes one.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   * @example
   * import { json } from 'sluice';
   * import { LanceClient } from 'sluice/lance';
   * const sink = new LanceClient().sink<{ price: number }>('prices', { codec: json() });
   * sink([{ price: 1 }, { price: 2 }]).subscribe((receipt) => console.log(receipt.records));
   */
  sink<T = Uint8Array | string>(topic: TopicRef, options: SinkOptions<T> = {}): Sink<T> {
    onlyKnown('sink', options, { ...PRODUCER_OPTIONS, codec: true });
    return makeSink(outboxPlan(this.plan, this.control, options), checkTopicRef(topic), options);
  }

  /**
   * Drains every stream of this client, which waits for their dead letters and for their positions to be stored, then
   * closes its connections; emits the fates of all its streams. Commands under way fail. For good: streams that are
   * subscribed to afterwards complete at once. What is poured into a sink goes on until its source ends.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  close(options: DrainOptions = {}): Observable<FateReport> {
    const { deadlineMs = 30_000 } = onlyKnown('close', options, { deadlineMs: true });
    milliseconds('close.deadlineMs', deadlineMs);
    return new Observable((subscriber) => {
      this.closed = true;
      subscriber.add(
        this.streams.drain(options).subscribe((report) => {
          for (const topic of this.letterTopics.values()) topic.close();
          this.letterTopics.clear();
          this.control.close();
          subscriber.next(report);
          subscriber.complete();
        }),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close());
  }

  private findTopic(name: string): Observable<TopicInfo> {
    return new Observable((subscriber) =>
      this.control.use(
        (session) =>
          resolveTopic(
            session,
            name,
            (topic) => {
              subscriber.next(topic);
              subscriber.complete();
            },
            (error) => subscriber.error(error),
          ),
        (error) => subscriber.error(error),
      ),
    );
  }

  private deleteById(id: number): Observable<number> {
    integerIn('topic', id, 1, 0xffff_ffff);
    return this.control.topicCommand(() => deleteTopicRequest(id), decodeDeleted);
  }

  private letterSink(deadLetters: ConsumeOptions<never>['deadLetters']): DeadLetterSink | undefined {
    if (deadLetters === undefined || typeof deadLetters === 'function') return deadLetters;
    const name = checkTopicName(deadLetters.topic);
    return (letter) => {
      let topic = this.letterTopics.get(name);
      if (topic === undefined) {
        topic = new DeadLetterTopic(name, this.ensureTopic(name), outboxPlan(this.plan, this.control, {}));
        this.letterTopics.set(name, topic);
      }
      return topic.write(letter);
    };
  }
}
