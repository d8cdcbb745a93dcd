import { commandIn, kindOf, type ExpectedFrame } from '../../../fuzz/expected-frames.js';
import { framesOf, properAnswers } from '../../../fuzz/proper-answer.js';
import type { Command } from '../../../src/codecs/lance/commands.js';
import { tlv } from '../scene.js';
import type { End, Misbehaviour } from './misbehaviours.js';

export const RECORDS: readonly string[] = ['one', 'two', 'three'];
const DATA = tlv(RECORDS.map((text) => Buffer.from(text)));
const properAnswer = properAnswers('log', DATA);
export const DATA_END = BigInt(DATA.length);

/** Which requests are answered badly: a command, or whatever is not acknowledged. */
export type Target = Command | 'ingest';

/** A server that answers one kind of request as it should not, so many times. */
export class Bully {
  /** How many times it still may. */
  left: number;
  /** How often it has. */
  misdeeds = 0;
  /** What it acknowledged. */
  acked = 0;

  constructor(
    private readonly deed: Misbehaviour,
    private readonly target: Target,
    times: number,
  ) {
    this.left = times;
  }

  /** What to do with the bytes of one connection. */
  meets(end: End): (bytes: Uint8Array) => void {
    return framesOf((frame) => this.answer(end, frame));
  }

  private answer(end: End, frame: ExpectedFrame): void {
    const isIngest = kindOf(frame) === 'ingest';
    const isTarget = isIngest ? this.target === 'ingest' : commandIn(frame) === this.target;
    const answer = properAnswer(frame);
    if (!isTarget || this.left <= 0) {
      if (isIngest) this.acked++;
      end.write(answer);
      return;
    }
    this.left--;
    this.misdeeds++;
    this.deed.act(end, answer);
  }
}
