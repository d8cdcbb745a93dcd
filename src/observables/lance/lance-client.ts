import { concat, concatMap, defer, lastValueFrom, map, Observable, of, Subject, takeUntil } from 'rxjs';
import type { ClusterStatus } from '../../codecs/lance/cluster-json.js';
import type { TopicInfo } from '../../codecs/lance/topic-json.js';
import { checkTopicName } from '../../codecs/lance/topic-name.js';
import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { LanceClientStatus } from '../../transports/lance/connection-book.js';
import type { DrainOptions } from '../delivery/delivery-stream.js';
import { LiveStreams } from '../delivery/live-streams.js';
import type { FateReport } from '../delivery/types.js';
import { consumeOptionsOf } from './configs/consume-options-of.js';
import type { StandaloneConfig } from './configs/standalone-config.js';
import { checkOffsetStore } from './stores/check-offset-store.js';
import { Saves } from './stores/saves.js';
import type { LanceClientMetrics } from './connection/client-metrics.js';
import { CLIENT_OPTIONS, clientPlan, type ClientPlan, type LanceClientOptions } from './connection/client-options.js';
import {
  ConsumerCommands,
  type CommitOffsetOptions,
  type CommittedOffset,
  type Subscribed,
  type SubscribeOptions,
  type UnsubscribeOptions,
} from './connection/consumer-commands.js';
import {
  consumePlan,
  type ConsumeOptions,
  type DeadLetterSink,
  type TailOptions,
} from './consuming/consume-options.js';
import { Control } from './connection/control.js';
import { DeadLetterTopic } from './consuming/dead-letter-topic.js';
import { LanceStream } from './consuming/lance-stream.js';
import { Progress } from './consuming/progress.js';
import { LiveSinks } from './producing/live-sinks.js';
import { outboxPlan } from './producing/outbox-plan.js';
import { PRODUCER_OPTIONS } from './producing/producer-options.js';
import type { RecordInput } from './producing/record-input.js';
import { makeSink, type Sink, type SinkOptions } from './producing/sink.js';
import type { RetainedTopic, Retention, RetentionLimits } from './connection/retention.js';
import { ServerCommands } from './connection/server-commands.js';
import { TopicCommands } from './connection/topic-commands.js';
import { checkTopicRef, type TopicRef } from './connection/topic-ref.js';
import { watchedTopics } from './connection/watched-topics.js';

/**
 * A client of one Lance server. Making one does nothing; the first subscription connects. Commands share a connection,
 * each consumed topic and each sink has one of its own. Where a server names the leader of its cluster, they go there.
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
  private readonly topics: TopicCommands;
  private readonly consumers: ConsumerCommands;
  private readonly server: ServerCommands;
  private readonly ending = new Subject<void>();
  private readonly streams = new LiveStreams();
  private readonly sinks = new LiveSinks();
  private readonly saves = new Saves();
  private readonly letterTopics = new Map<string, DeadLetterTopic>();
  private closed = false;

  /**
   * All topics by rising id: at once, then each time they have changed. While somebody is subscribed the server is asked
   * every `topicsIntervalMs`, once for all; while it can't be reached, after the pauses of `reconnect`. Errors when
   * trying again would not help or `reconnect.maxAttempts` have failed; completes when the client is closed, and errors
   * afterwards.
   */
  readonly topics$: Observable<readonly TopicInfo[]>;

  /**
   * How this client stands to its server, now and whenever that changes: what its connections tell, nothing is sent for
   * it. Completes when the client is closed.
   */
  readonly status$: Observable<LanceClientStatus>;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: LanceClientOptions = {}) {
    this.plan = clientPlan(onlyKnown('LanceClient', options, CLIENT_OPTIONS));
    const { connector, reconnect, topicsIntervalMs } = this.plan;
    this.control = new Control(this.plan);
    this.topics = new TopicCommands(this.control);
    this.consumers = new ConsumerCommands(this.control, this.topics);
    this.server = new ServerCommands(this.control);
    this.topics$ = watchedTopics(this.topics.list(), topicsIntervalMs, reconnect, (isPausing) =>
      connector.book.waits(isPausing),
    ).pipe(takeUntil(this.ending));
    this.status$ = connector.book.status$;
  }

  /** Emits this client once a server has answered a keepalive, for those who want to fail early. */
  connect(): Observable<this> {
    return this.ping().pipe(map(() => this));
  }

  /** Creates a topic (lance.md 2.7, 0x01). Errors with `TopicAlreadyExistsError` if there is one. */
  createTopic(name: string): Observable<TopicInfo> {
    return this.topics.create(name);
  }

  /**
   * Creates a topic and says what the server may delete of it (0x06, 7.9): closed segments that are older than `maxAgeMs`
   * or beyond `maxBytes`. What is left out has no limit; 0 is no limit either of its own kind: it makes everything
   * deletable. Deleting shifts positions. Errors with `TopicAlreadyExistsError` if there is one.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   * @example
   * import { LanceClient } from 'sluice/lance';
   * const week = { maxAgeMs: 7 * 86_400_000, maxBytes: 1024 ** 3 };
   * new LanceClient().createTopicWithRetention('logs', week).subscribe(({ id }) => console.log(id));
   */
  createTopicWithRetention(name: string, limits: RetentionLimits = {}): Observable<RetainedTopic> {
    return this.topics.createWithRetention(name, limits);
  }

  /**
   * The topic of this name, created if there is none. What fails for a passing reason is tried again with the pauses of
   * `reconnect`, for `requestTimeoutMs` or `reconnect.maxAttempts`.
   */
  ensureTopic(name: string): Observable<TopicInfo> {
    return this.topics.ensure(name, this.plan.reconnect, this.plan.requestTimeoutMs);
  }

  /** All topics, in no particular order (0x03). */
  listTopics(): Observable<TopicInfo[]> {
    return this.topics.list();
  }

  /** One topic by its id (0x04) or name. Errors with `TopicNotFoundError`. */
  getTopic(topic: TopicRef): Observable<TopicInfo> {
    return this.topics.get(topic);
  }

  /**
   * Sets both limits of a topic (0x05, 7.9) and emits them: one that is left out is lifted. The server shows them nowhere
   * else, and takes none back for good. Errors with `TopicNotFoundError`.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  setRetention(topic: TopicRef, limits: RetentionLimits): Observable<Retention> {
    return this.topics.setRetention(topic, limits);
  }

  /** Deletes a topic by its id (0x02) or name and emits its id. Errors with `TopicNotFoundError`. */
  deleteTopic(topic: TopicRef): Observable<number> {
    return this.topics.delete(topic);
  }

  /** Emits the round trip of a keepalive, in milliseconds (lance.md 2.5). */
  ping(): Observable<number> {
    return this.server.ping();
  }

  /** What the server says of its cluster (0x07, 9.4); only `isLeader` and `leaderId` can be relied on. */
  clusterStatus(): Observable<ClusterStatus> {
    return this.server.clusterStatus();
  }

  /**
   * Shows a token to the server (0x08, 10.1); from then on every new connection shows it first, as with the option
   * `token`. Connections of streams and sinks that are open stay as they are. Errors with `AccessDeniedError`, which
   * leaves the token that was used before.
   * @throws {@link InvalidOptionError} when the token is empty.
   */
  authenticate(token: string): Observable<void> {
    return this.server.authenticate(token);
  }

  /**
   * Notes a consumer in the server's memory (0x20, 7.5). Nothing is sent for it: read with {@link consume}. Its one use is
   * to learn what was committed under this id, by asking for 0. Errors with `TopicNotFoundError`.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   * @example
   * import { consumerId, LanceClient } from 'sluice/lance';
   * const delays = { consumerId: consumerId('delays') };
   * new LanceClient().subscribe('flights', delays).subscribe(({ startOffset }) => console.log(startOffset));
   */
  subscribe(topic: TopicRef, options: SubscribeOptions): Observable<Subscribed> {
    return this.consumers.subscribe(topic, options);
  }

  /**
   * Notes a position in the memory of the node that is asked (0x22, 7.6): unchecked, for others to see, and lost when it
   * restarts. Positions that must last are kept by {@link consume} with a `name`.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  commitOffset(topic: TopicRef, options: CommitOffsetOptions): Observable<CommittedOffset> {
    return this.consumers.commitOffset(topic, options);
  }

  /**
   * Removes a consumer from the server's books (0x21, 7.5), also one that was never in them; what it committed stays.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  unsubscribe(topic: TopicRef, options: UnsubscribeOptions): Observable<void> {
    return this.consumers.unsubscribe(topic, options);
  }

  /** What has happened so far: connections of all kinds, commands, redirects. */
  metrics(): LanceClientMetrics {
    const { book, redirects } = this.plan.connector;
    return { connections: book.counts, redirects, ...this.control.tally.counts };
  }

  /**
   * Reads a topic as deliveries of batches: the next fetch waits until the window has room, and only settled positions
   * are committed (lance.md 7). One subscriber at a time. Errors with `TopicNotFoundError`: {@link ensureTopic} makes one.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  consume<V = Uint8Array>(topic: TopicRef, options: ConsumeOptions<V> | StandaloneConfig = {}): LanceStream<V> {
    return this.read('consume', topic, consumeOptionsOf(topic, options));
  }

  /**
   * What is written to a topic from now on, or from `from`: hot. Its subscribers share one connection, which the first
   * one opens and the last one closes; the window is theirs together. Each of those who were subscribed when a batch was
   * handed out votes on it, and the worst vote wins: dead, nacked, abandoned by one that left, acked. What is abandoned
   * while others stay comes again for them, and for whoever is back by then, after a pause that grows from 100 ms.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   * @example
   * import { autoAck, json, records } from 'sluice';
   * import { LanceClient } from 'sluice/lance';
   * const prices = new LanceClient().tail('prices', { codec: json<{ price: number }>() });
   * prices.pipe(autoAck(), records()).subscribe((record) => console.log(record.value.price));
   * prices.lag$.subscribe((bytes) => console.log(`${bytes} bytes behind`));
   */
  tail<V = Uint8Array>(topic: TopicRef, options: TailOptions<V> = {}): LanceStream<V> {
    return this.read('tail', topic, options);
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
  sink<T = RecordInput>(topic: TopicRef, options: SinkOptions<T> = {}): Sink<T> {
    onlyKnown('sink', options, { ...PRODUCER_OPTIONS, codec: true });
    return makeSink(outboxPlan(this.plan, this.control, options), checkTopicRef(topic), options, this.sinks);
  }

  /**
   * Drains every stream of this client, which waits for their dead letters and for their positions to be stored, then
   * closes its connections; emits the fates of all its streams. Commands under way fail. For good: later commands fail,
   * and so do streams that are subscribed to, with `ConnectionError`; one that had failed, and whose `retryBackoff()` was
   * in a pause, completes when that is over. Sinks come after the streams, which may feed them: they take nothing more
   * from their sources, wait for their acknowledgements, and error if their source had not ended. `deadlineMs` is for both.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  close(options: DrainOptions = {}): Observable<FateReport> {
    const { deadlineMs = 30_000 } = onlyKnown('close', options, { deadlineMs: true });
    milliseconds('close.deadlineMs', deadlineMs);
    return new Observable((subscriber) => {
      this.closed = true;
      const untilMs = clock.now() + deadlineMs;
      const sinksOver = defer(() => this.sinks.close(Math.max(0, untilMs - clock.now())));
      const drained = this.streams.drain(options).pipe(concatMap((report) => concat(sinksOver, of(report))));
      subscriber.add(
        drained.subscribe((report) => {
          for (const topic of this.letterTopics.values()) topic.close();
          this.letterTopics.clear();
          this.ending.next();
          this.control.close();
          this.plan.connector.book.close();
          subscriber.next(report);
          subscriber.complete();
        }),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close());
  }

  /** Where its server is and how it stands to it, for logs. */
  toJSON(): { server: string; state: LanceClientStatus['state'] } {
    const { address: server, state } = this.plan.connector.book.status;
    return { server, state };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('LanceClient', this.toJSON(), how);
  }

  private read<V>(method: 'consume' | 'tail', topic: TopicRef, options: ConsumeOptions<V>): LanceStream<V> {
    const { connector, requestTimeoutMs, reconnect, offsetStore } = this.plan;
    return new LanceStream<V>({
      ...consumePlan(method, options),
      hot: method === 'tail',
      topic: checkTopicRef(topic),
      connector,
      requestTimeoutMs,
      reconnect,
      store: checkOffsetStore(options.offsetStore) ?? offsetStore,
      saves: this.saves,
      deadLetters: this.letterSink(options.deadLetters, topic),
      kept: { place: undefined },
      progress: new Progress(),
      isClosed: () => this.closed,
      began: (stream) => this.streams.began(stream),
    });
  }

  private letterSink(deadLetters: ConsumeOptions<never>['deadLetters'], from: TopicRef): DeadLetterSink | undefined {
    if (deadLetters === undefined || typeof deadLetters === 'function') return deadLetters;
    const name = checkTopicName(deadLetters.topic);
    if (name === from) throw new InvalidOptionError('deadLetters.topic', name, 'must be another topic');
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
