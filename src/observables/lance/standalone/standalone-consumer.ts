import { AsyncSubject, concat, defer, EMPTY, lastValueFrom, map, Observable, of, tap } from 'rxjs';
import { ConnectionError, LanceTimeoutError, type LanceError } from '../../../codecs/lance/errors.js';
import { milliseconds } from '../../../foundation/check.js';
import { clock } from '../../../foundation/clock.js';
import { asJson, INSPECT, inspected, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { StreamInUseError } from '../../delivery/errors.js';
import { parseAddress } from '../connection/address.js';
import { clientPlan, type ClientPlan } from '../connection/client-options.js';
import { checkOffset } from '../consuming/check-offset.js';
import { commitToServer } from '../consuming/commit-to-server.js';
import { fetchEnd } from '../consuming/topic-end.js';
import type { Place } from '../consuming/topic-link.js';
import type { OffsetStore } from '../stores/offset-store.js';
import type { KeptOffset } from './kept-offset.js';
import { opening, type Opened } from './opening.js';
import type { PollResult } from './poll-result.js';
import { checkPosition, type SeekPosition } from './seek-position.js';
import {
  connectionOf,
  STANDALONE_OPTIONS,
  standalonePlan,
  type StandaloneOptions,
  type StandalonePlan,
} from './standalone-options.js';
import type { TopicReader } from './topic-reader.js';

/** Options of {@link StandaloneConsumer.connect} that are no part of a config. */
export interface ConnectOptions {
  /** Where positions are kept; instead of the config's `offsetDir` or `offsetStore`. */
  readonly offsetStore?: OffsetStore;
}

/** Options of {@link StandaloneConsumer.poll}. */
export interface PollOptions {
  /** How long to wait, in milliseconds; the config's `pollTimeoutMs` by default. */
  readonly timeoutMs?: number;
}

/** What a consumer needs to know once it is connected. */
type ConsumerPlan = StandalonePlan & Pick<ClientPlan, 'requestTimeoutMs' | 'connector'>;

/**
 * Reads a topic by asking for it, poll by poll, and keeps its own position: for programs that are written so. `consume`
 * of {@link LanceClient} is the stream (lance.md 7.13). Every method is a cold Observable: nothing happens before it is
 * subscribed to. Positions are where records start, so nothing is ever read from the middle of one.
 *
 * @example
 * import { concatMap, repeat } from 'rxjs';
 * import { StandaloneConfig } from 'sluice/lance';
 * const config = new StandaloneConfig('my-consumer', { topicName: 'my-events' });
 * StandaloneConsumer.connect('127.0.0.1:1992', config)
 *   .pipe(concatMap((consumer) => consumer.poll().pipe(repeat({ delay: 50 }))))
 *   .subscribe((result) => {
 *     for (const record of result?.records ?? []) console.log(record.recordType, record.value);
 *   });
 */
export class StandaloneConsumer {
  private readonly reader: TopicReader;
  private readonly kept: KeptOffset;
  private readonly plan: ConsumerPlan;
  /** The poll that is under way. */
  private polling: { failed(error: LanceError): void } | undefined;
  private isClosed = false;

  private constructor({ reader, kept }: Opened, plan: ConsumerPlan) {
    this.reader = reader;
    this.kept = kept;
    this.plan = plan;
  }

  /**
   * A consumer that is connected to `host:port` and stands at its stored position, else at `startPosition`. Emits it
   * once; errors with `ConnectionError` if the first attempt fails, with `TopicNotFoundError`, and with
   * `StalePositionError` if the position was stored for an earlier topic of that name or id.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  static connect(
    address: string,
    config: StandaloneOptions,
    options: ConnectOptions = {},
  ): Observable<StandaloneConsumer> {
    const plan = standalonePlan(onlyKnown('StandaloneConsumer', config, STANDALONE_OPTIONS));
    const { offsetStore } = onlyKnown('connect', options, { offsetStore: true });
    const { offsetDir, ...connection } = connectionOf(config);
    const ownStore = offsetDir === undefined ? {} : { offsetDir };
    const client = clientPlan({
      ...connection,
      ...(offsetStore === undefined ? ownStore : { offsetStore }),
      ...parseAddress(address),
    });
    const whole = { ...client, ...plan, store: client.offsetStore };
    return opening(whole).pipe(map((opened) => new StandaloneConsumer(opened, whole)));
  }

  /** Where the next record starts that `poll` returns: what `commit` stores. */
  get position(): bigint {
    return BigInt(this.reader.position);
  }

  /**
   * Emits the next records, or undefined when there are none now. First it stores the position that the poll before has
   * reached, if `autoCommitIntervalMs` are over: what a poll has returned is taken for done when the next one begins.
   *
   * Errors with `LanceTimeoutError` when nothing has come after `timeoutMs`: the fetch goes on, and the next poll takes
   * the records or the error that it brings. With `ServerCatchingUpError` when the server has less than that position three times in a row, 5 s
   * apart; polls in between emit undefined. With `InvalidRecordError` in front of damage, and of half a record whose rest has not
   * come for 5 s, with {@link TruncatedError} if
   * no records are where it began or went on, and with `StreamInUseError` while another poll is under way.
   * @throws {@link InvalidOptionError} when `timeoutMs` is not a number of milliseconds.
   */
  poll(options: PollOptions = {}): Observable<PollResult | undefined> {
    const { timeoutMs = this.plan.pollTimeoutMs } = onlyKnown('poll', options, { timeoutMs: true });
    milliseconds('poll.timeoutMs', timeoutMs);
    return new Observable((subscriber) => {
      this.checkOpen();
      if (this.polling !== undefined) throw new StreamInUseError('another poll of this consumer is under way');
      const over = (): void => {
        if (this.polling === polling) this.polling = undefined;
      };
      subscriber.add(over);
      const answered = (result: PollResult | undefined): void => {
        // Whoever polls again when this is emitted may do so.
        over();
        subscriber.next(result);
        subscriber.complete();
      };
      const failed = (error: unknown): void => {
        over();
        subscriber.error(error);
      };
      const polling = { failed };
      this.polling = polling;
      const late = clock.after(timeoutMs, () => {
        if (this.reader.isBehind) answered(undefined);
        else failed(this.timedOut(timeoutMs));
      });
      subscriber.add(late);
      const read = (): void => subscriber.add(this.reader.read({ answered, failed }));
      subscriber.add(this.autoCommit().subscribe({ error: failed, complete: read }));
    });
  }

  /**
   * Stores the position, and tells the server, which keeps it in memory only (lance.md 7.6). Emits it. Errors with
   * `OffsetStoreError`; the server's answer changes nothing.
   */
  commit(): Observable<bigint> {
    return defer(() => {
      this.checkOpen();
      return this.store();
    });
  }

  /** The next poll reads from this byte offset on, which must be where a record starts. Emits it; nothing is sent. */
  seek(offset: bigint | number): Observable<bigint> {
    const position = checkOffset('seek', offset);
    return defer(() => {
      this.checkOpen();
      this.reader.seek(position);
      return of(this.position);
    });
  }

  /**
   * As {@link seek}; for `'end'` the server is asked where that is (lance.md 7.4). Errors with `LanceTimeoutError` if it
   * can't be reached within `requestTimeoutMs`.
   */
  seekTo(position: SeekPosition): Observable<bigint> {
    const target = checkPosition('seekTo', position);
    if (target !== 'end') return this.seek(target);
    return new Observable((subscriber) => {
      this.checkOpen();
      const failed = (error: unknown): void => subscriber.error(error);
      const found = (end: number): void => {
        if (subscriber.closed) return;
        this.reader.seek(end);
        subscriber.next(this.position);
        subscriber.complete();
      };
      const user = {
        ready: ({ session, topic }: Place) => fetchEnd(session, topic.id, found, failed),
        failed,
      };
      const { requestTimeoutMs } = this.plan;
      subscriber.add(clock.after(requestTimeoutMs, () => failed(this.timedOut(requestTimeoutMs))));
      this.reader.link.use(user);
      return () => this.reader.link.leave(user);
    });
  }

  /** `seek(0)`. */
  rewind(): Observable<bigint> {
    return this.seek(0);
  }

  /** Stores the position if it commits by itself and has moved, then closes the connection; a poll under way fails. */
  close(): Observable<void> {
    return new Observable((subscriber) => {
      const done = (): void => {
        subscriber.next();
        subscriber.complete();
      };
      // Once more after a store that failed, or was left: what is not stored yet is stored now.
      this.isClosed = true;
      this.polling?.failed(closedError());
      const end = (): void => {
        this.reader.link.failed(closedError());
        this.reader.close();
      };
      const moved = this.plan.autoCommitIntervalMs > 0 && this.kept.differs(this.reader.position);
      const stored = moved ? this.store() : EMPTY;
      subscriber.add(end);
      return stored.subscribe({
        error: (error: unknown) => {
          end();
          subscriber.error(error);
        },
        complete: () => {
          end();
          done();
        },
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close(), { defaultValue: undefined });
  }

  /** What it reads, where it stands, and how it stands to its server, for logs; the position as a text. */
  toJSON(): Record<string, unknown> {
    return asJson(this.facts());
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('StandaloneConsumer', this.facts(), how);
  }

  private facts(): object {
    const { consumerName, topic, connector } = this.plan;
    const { address: server, state } = connector.book.status;
    return { server, state: this.isClosed ? 'closed' : state, consumerName, topic, position: this.position };
  }

  /** Goes on when the poll is over: a store that takes longer than a poll would never be done. */
  private autoCommit(): Observable<unknown> {
    const { position } = this.reader;
    if (!this.kept.isDue(position, this.plan.autoCommitIntervalMs)) return EMPTY;
    const stored = new AsyncSubject<never>();
    // The poll needs no answer of the server to that.
    const told = tap<never>({ complete: () => this.tell(position) });
    this.kept.save(position).pipe(told).subscribe(stored);
    return stored;
  }

  /** The store first: what the server is told, it forgets. */
  private store(): Observable<bigint> {
    const { position } = this.reader;
    const told = new Observable<bigint>((subscriber) => {
      const done = (): void => {
        subscriber.next(BigInt(position));
        subscriber.complete();
      };
      this.tell(position, done);
    });
    return concat(this.kept.save(position), told);
  }

  private tell(position: number, done = (): void => {}): void {
    const { place } = this.reader.link;
    if (place === undefined) done();
    else commitToServer(place.session, place.topic.id, this.kept.consumer, position, done);
  }

  private timedOut(timeoutMs: number): LanceTimeoutError {
    const { lastError: cause } = this.reader.link;
    const reason = cause === undefined ? '' : `: ${cause.message}`;
    return new LanceTimeoutError(`no answer within ${timeoutMs} ms${reason}`, {
      cause,
      context: { timeoutMs, position: this.position },
    });
  }

  private checkOpen(): void {
    if (this.isClosed) throw closedError();
  }
}

function closedError(): ConnectionError {
  return new ConnectionError('the consumer is closed', { retryable: false });
}
