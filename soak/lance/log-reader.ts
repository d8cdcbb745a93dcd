import type { HostedLance } from '../../src/embedded.js';
import { decodeDeadLetter, decodeRecords } from '../../src/lance.js';
import { idOf } from './consumer.js';

/** Looks at what has come to a topic since the last look, past the wire. */
export class LogReader {
  private from = 0;

  constructor(
    private readonly server: HostedLance,
    readonly topic: string,
  ) {}

  /** How often each id has come. */
  ids(): Map<number, number> {
    const copies = new Map<number, number>();
    for (const text of this.texts()) copies.set(idOf(text), (copies.get(idOf(text)) ?? 0) + 1);
    return copies;
  }

  /** The ids in the dead letters that have come; a letter holds a record, or a whole batch of them. */
  idsInLetters(): number[] {
    return this.texts().flatMap((text) => {
      const { type, value } = decodeDeadLetter(text);
      return type === 'batch' ? textsIn(value).map(idOf) : [idOf(Buffer.from(value).toString())];
    });
  }

  private texts(): string[] {
    const end = this.server.topic(this.topic)?.byteLength ?? 0;
    const bytes = end === 0 ? new Uint8Array() : this.server.read(this.topic, this.from);
    this.from = end;
    return textsIn(bytes);
  }
}

const textsIn = (bytes: Uint8Array): string[] =>
  decodeRecords(bytes).records.map(({ value }) => Buffer.from(value).toString());
