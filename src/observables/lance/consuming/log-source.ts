import { Subscription } from 'rxjs';
import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { exponential } from '../../../foundation/backoff/exponential.js';
import type { SluiceError } from '../../../foundation/errors.js';
import type { Committer } from '../../delivery/core/committer.js';
import type { DeliveryCore } from '../../delivery/core/delivery-core.js';
import type { LedgerNode } from '../../delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../delivery/core/source.js';
import type { DeadOptions, DeadPart } from '../../delivery/types.js';
import { TopicChangedError } from '../connection/errors.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import type { Saves } from '../stores/saves.js';
import { StalePositionError } from '../stores/stale-position-error.js';
import { letterParts } from './batch-letters.js';
import { commitToServer } from './commit-to-server.js';
import type { DeadLetterSink } from './consume-options.js';
import { LetterWriter } from './letter-writer.js';
import { LogReader, type LogReaderOwner, type LogReaderPlan } from './log-reader.js';
import { keepPositions, type PositionsOwner } from './positions.js';
import { loadStart, type Start } from './start-position.js';

/** What a log source needs to know. */
export interface LogSourcePlan<V> extends LogReaderPlan<V> {
  readonly store: OffsetStore;
  readonly saves: Saves;
  readonly deadLetters: DeadLetterSink | undefined;
  /** Where a stream without a name stood when its last session failed; whether it did, if there was one. */
  readonly kept: { place: KeptPlace | undefined; failed?: boolean };
}

/** A position means something only in the topic that it was found in. */
export interface KeptPlace {
  readonly topic: TopicInfo;
  readonly position: number;
}

const repeatDelays = exponential({ initialMs: 100, maxMs: 30_000 });

/** One epoch of a consumed topic: what its reader brings becomes deliveries, and what is settled becomes positions. */
export class LogSource<V> implements DeliverySource<RecordBatch<V>>, LogReaderOwner, PositionsOwner {
  private readonly reader: LogReader<V>;
  private readonly letters: LetterWriter | undefined;
  private readonly work = new Subscription();
  /** Where the session before this one failed; it is forgotten unless this one fails too. */
  private readonly resumesAt: KeptPlace | undefined;
  private topic: TopicInfo | undefined;
  offsetKey!: OffsetKey;
  private committer: Committer | undefined;
  private hasFailed = false;
  private over = false;

  constructor(
    private readonly plan: LogSourcePlan<V>,
    private readonly core: DeliveryCore<RecordBatch<V>>,
  ) {
    const { topic, deadLetters, kept } = plan;
    if (deadLetters !== undefined)
      this.letters = new LetterWriter(deadLetters, { system: 'lance', name: String(topic) });
    this.resumesAt = kept.place;
    kept.place = undefined;
    kept.failed = false;
    this.reader = new LogReader(plan, core, this, this.resumesAt?.topic);
  }

  // ---- DeliverySource

  get takesDead(): boolean {
    return this.letters !== undefined;
  }

  pull(): void {
    this.reader.pull();
  }

  settle(node: LedgerNode<RecordBatch<V>>, decision: Decision): Handling {
    if (decision.fate === 'acked') return 'done';
    if (decision.fate === 'nacked') return 'again';
    const parts = [...letterParts(node.value)].map((part) => ({ ...part, type: 'batch' as const }));
    this.letters?.write(node, decision.options, parts, (error) => {
      if (error === undefined) this.core.confirm(node, 'dead');
      else this.failed(error);
    });
    return 'wait';
  }

  bury(
    node: LedgerNode<RecordBatch<V>>,
    { position, type, bytes: value }: DeadPart,
    options: DeadOptions,
    then: (error?: SluiceError) => void,
  ): void {
    this.letters?.write(node, options, [{ position, type, value }], (error) => {
      then(error);
      if (error !== undefined) this.failed(error);
    });
  }

  /** A log has no server to give it back to. The pause is for those who come back themselves, after one of their own. */
  repeatsAfterMs(node: LedgerNode<RecordBatch<V>>): number {
    return repeatDelays(node.attempt - 1);
  }

  settled(): void {
    this.committer?.settled();
    this.reader.settled();
  }

  settledInPart(): void {
    this.committer?.settledInPart();
    this.plan.progress.moved();
  }

  drain(): void {
    this.reader.rest();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.reader.rest();
    this.work.unsubscribe();
    this.letters?.close();
    this.plan.progress.end();
    if (this.plan.name === undefined && this.hasFailed) this.plan.kept.place = this.standsAt();
    const leave = (): void => {
      this.reader.close();
      flushed();
    };
    if (this.committer === undefined) leave();
    else this.committer.close(leave);
  }

  // ---- LogReaderOwner

  locate(topic: TopicInfo, found: (start: Start) => void, lost: (error: unknown) => void): void {
    const { name, store, saves, from } = this.plan;
    const otherwise: Start = from === 'beginning' ? 0 : from;
    if (name === undefined) return found(this.resumesAt?.position ?? otherwise);
    const failed = (error: unknown): void => {
      if (error instanceof StalePositionError) lost(error);
      else this.failed(error);
    };
    const key = this.key(name, topic);
    // The session before this one may still be storing where it left.
    this.work.add(loadStart(store, key, otherwise, found, failed, saves.ended(store, key)));
  }

  begins(topic: TopicInfo, position: number, isFound: boolean): void {
    const { name } = this.plan;
    this.topic = topic;
    if (name === undefined) return;
    this.offsetKey = this.key(name, topic);
    this.committer ??= keepPositions(this.plan, position, this);
    // That is worth storing before anything is settled: else the next session would meet the old position again, or begin
    // where the topic ends by then, and skip what came in between.
    if (isFound) this.committer.renew();
  }

  failed(error: unknown): void {
    if (this.over) return;
    this.plan.kept.failed = true;
    // In another topic no position means anything: the next session begins where the first one did.
    this.hasFailed = !(error instanceof TopicChangedError);
    this.core.fail(error);
  }

  // ---- PositionsOwner

  get watermark(): number {
    return this.core.ledger.watermark;
  }

  stored({ consumer, topicId }: OffsetKey, offset: number, done: () => void): void {
    const { session } = this.reader;
    if (this.plan.commitToServer && session !== undefined) commitToServer(session, topicId, consumer, offset, done);
    else done();
  }

  notStored(error: unknown): void {
    // After the end there is only the report left to say it.
    if (this.over) this.core.fates.error ??= error;
    else this.failed(error);
  }

  private standsAt(): KeptPlace | undefined {
    if (this.topic === undefined) return this.resumesAt;
    return { topic: this.topic, position: this.watermark };
  }

  private key(consumer: string, { id: topicId, name: topicName, createdAt }: TopicInfo): OffsetKey {
    const key = { consumer, topicId, createdAt };
    return typeof this.plan.topic === 'string' ? { ...key, topicName } : key;
  }
}
