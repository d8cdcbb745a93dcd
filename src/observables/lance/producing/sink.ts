import { Observable, type ObservableInput } from 'rxjs';
import { RecordType } from '../../../codecs/lance/record-type.js';
import { checkCodec } from '../../../codecs/payload/check-codec.js';
import type { PayloadCodec } from '../../../codecs/payload/codec.js';
import { integerIn } from '../../../foundation/check.js';
import type { LiveSinks } from './live-sinks.js';
import type { OutboxPlan } from './outbox-plan.js';
import { Pour, type Encode } from './pour.js';
import type { ProducerOptions } from './producer-options.js';
import { typeOf, valueOf, type RecordInput } from './record-input.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** How a sink encodes and batches. */
export interface SinkOptions<T> extends ProducerOptions {
  /** Encodes values; without one they must be bytes, texts or `TlvRecord`s. */
  readonly codec?: PayloadCodec<T>;
}

/** One batch that has been acknowledged. */
export interface SinkReceipt {
  readonly batchId: bigint;
  readonly records: number;
  /** Of payload, record headers included. */
  readonly bytes: number;
}

/** What can be poured into a sink: an iterable, an async iterable, an Observable, or a promise of a value. */
export type Sink<T> = (source: ObservableInput<T>) => Observable<SinkReceipt>;

const AS_THEY_ARE: Encode<RecordInput> = { value: valueOf, type: typeOf };

/** @internal Each subscription has an outbox of its own, so that its receipts are its own. */
export function makeSink<T>(plan: OutboxPlan, topic: TopicRef, options: SinkOptions<T>, sinks: LiveSinks): Sink<T> {
  const codec = checkCodec('codec', options.codec);
  if (codec?.recordType !== undefined) integerIn('codec.recordType', codec.recordType, 0, 255);
  const encode: Encode<T> =
    codec === undefined
      ? (AS_THEY_ARE as Encode<unknown>)
      : { value: (data) => codec.encode(data), type: () => codec.recordType ?? RecordType.RawData };
  return (source) =>
    new Observable((subscriber) => {
      const pour = new Pour(plan, topic, encode, subscriber);
      subscriber.add(sinks.began(pour));
      pour.begin(source);
    });
}
