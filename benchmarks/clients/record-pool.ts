import { addRecord, type Digest } from '../fake-server/digest.js';
import { RECORD_TYPE, SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';

const POOL_BYTES = 1 << 20;
const LEAST = 64;

/** Values to write again and again: a mebibyte of them, so that they are as near as values that were just made. */
export class RecordPool {
  readonly values: readonly Uint8Array[];
  private at = 0;

  constructor(topic: TopicPlan) {
    const source = new SyntheticTopic(topic);
    const count = Math.max(LEAST, Math.floor(POOL_BYTES / topic.recordBytes));
    this.values = Array.from({ length: count }, (_, at) => source.value(at));
  }

  next(): Uint8Array {
    if (this.at === this.values.length) this.at = 0;
    return this.values[this.at++]!;
  }

  /** One after the other without end. Not a generator, which costs more than the record that it hands out. */
  endless(): Iterable<Uint8Array> {
    const next = (): IteratorResult<Uint8Array> => ({ done: false, value: this.next() });
    return { [Symbol.iterator]: () => ({ next }) };
  }

  /** The next `count`; what is taken is added to the digest. */
  *take(count: number, digest: Digest): Generator<Uint8Array> {
    for (let taken = 0; taken < count; taken++) {
      const value = this.next();
      addRecord(digest, RECORD_TYPE, value);
      yield value;
    }
  }
}
