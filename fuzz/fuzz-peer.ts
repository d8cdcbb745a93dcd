import { encodeRecords, TlvRecord } from '../src/codecs/lance/tlv.js';
import { MemoryListener } from '../src/transports/memory.js';
import type { ServerEnd, ServerEvents } from '../src/transports/server-end.js';
import { kindOf, type ExpectedFrame } from './expected-frames.js';
import { framesOf, properAnswers } from './proper-answer.js';

export const TOPIC = 'log';
const RECORDS = Array.from({ length: 40 }, (_, i) => TlvRecord.raw(Buffer.alloc(i * 3, i)));
/** What the topic holds. */
export const DATA = encodeRecords(RECORDS);
const properAnswer = properAnswers(TOPIC, DATA);
/** Its records, each by where it starts and what it is. */
export const DUE = RECORDS.map(({ value }, i) => shown(BigInt(encodeRecords(RECORDS.slice(0, i)).length), value));

export function shown(position: bigint, value: Uint8Array): string {
  return `${position}: ${value.length} × ${value[0] ?? ''}`;
}

/** A server that answers as it should, but for some answers. */
export class FuzzPeer {
  readonly listener = new MemoryListener((end) => this.accept(end));
  /** All that it was sent to be stored. */
  ingested = '';
  private request = 0;

  /** The answer to requests `from` (from 0) to `to` is `pieces`; `ends`: and with them the connection. */
  constructor(
    private readonly from: number,
    private readonly to: number,
    private readonly pieces: readonly Uint8Array[],
    private readonly ends: boolean,
  ) {
    this.listener.open();
  }

  private accept(end: ServerEnd): ServerEvents {
    return {
      received: framesOf((frame) => this.answer(end, frame)),
      drained: () => {},
      ended: () => end.end(),
      closed: () => {},
    };
  }

  private answer(end: ServerEnd, frame: ExpectedFrame): void {
    const request = this.request++;
    if (kindOf(frame) === 'ingest') this.ingested += Buffer.from(frame.payload).toString('latin1');
    if (request < this.from || request > this.to) {
      end.write(properAnswer(frame));
      return;
    }
    for (const piece of this.pieces) end.write(new Uint8Array(piece));
    if (this.ends) end.end();
  }
}
