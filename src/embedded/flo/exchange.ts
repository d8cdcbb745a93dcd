import type { FloCodec, Operation, Refusal, RequestId } from '../../codecs/flo/codec.js';
import { clock } from '../../foundation/clock.js';
import type { Conversation } from './conversation.js';
import type { FloCore } from './core.js';
import { countUp } from './counters.js';
import { Parked } from './parking.js';

/** Where the checksum stands in a head. */
const CHECKSUM_AT = 16;

/** What the dispatcher knows of a request once its head has been read. */
export interface Asked {
  readonly conversation: Conversation;
  readonly codec: FloCodec;
  readonly id: RequestId;
}

/** What an answer needs to know of its operation. */
type Answering<A> = Pick<Operation<never, A>, 'name' | 'encodeAnswer'>;

/** One request that is owed one answer. Answers may come in any order and at any time; the connection may be gone then. */
export class Exchange<A> {
  readonly codec: FloCodec;
  readonly #core: FloCore;
  readonly #conversation: Conversation;
  readonly #id: RequestId;
  readonly #operation: Answering<A>;
  #parked: Parked | undefined;

  constructor(core: FloCore, { conversation, codec, id }: Asked, operation: Answering<A>) {
    this.codec = codec;
    this.#core = core;
    this.#conversation = conversation;
    this.#id = id;
    this.#operation = operation;
    conversation.owe();
  }

  /** False while an answer would only pile up in front of a peer that does not read, or would reach nobody. */
  get wanted(): boolean {
    return this.#conversation.takes;
  }

  answer(value: A): void {
    this.#send(0, this.#operation.encodeAnswer(value));
  }

  refuse(refusal: Refusal): void {
    this.#send(refusal.status, this.codec.refusalBody(refusal));
  }

  /**
   * Waits at a spot for up to `waitMs`. `attempt` answers if it can, else does nothing; `giveUp` answers that there is
   * nothing, at once if there is no room for waiting.
   */
  park(spot: string, waitMs: number, attempt: () => void, giveUp: () => void): void {
    const { parking, faults } = this.#core;
    const room = !parking.full && this.#conversation.waits;
    if (waitMs <= 0 || faults.take('empty', this.#operation.name) || !room) return giveUp();
    this.#parked = new Parked(spot, clock.now() + waitMs, attempt, giveUp);
    parking.add(this.#parked);
    this.#conversation.parked.add(this.#parked);
  }

  #send(status: number, body: Uint8Array): void {
    this.#unpark();
    const { faults, tally } = this.#core;
    const { name } = this.#operation;
    countUp(tally.answers, status);
    const frame = this.codec.answerFrame(this.#id, status, body);
    if (faults.take('corrupt', name)) frame[CHECKSUM_AT] = (frame[CHECKSUM_AT] ?? 0) ^ 1;
    const delayMs = faults.takeDelayMs(name);
    if (delayMs > 0) this.#conversation.later(delayMs, () => this.#leave(frame));
    else this.#leave(frame);
  }

  #leave(frame: Uint8Array): void {
    const conversation = this.#conversation;
    const { faults } = this.#core;
    const { name } = this.#operation;
    if (faults.take('drop before', name)) return conversation.drop();
    if (faults.take('swallow', name)) return conversation.settle();
    const dropAfter = faults.take('drop after', name);
    const send = (): void => {
      conversation.send(frame);
      if (dropAfter) conversation.finish();
      else conversation.settle();
    };
    if (!faults.hold(send)) send();
  }

  #unpark(): void {
    if (this.#parked === undefined) return;
    this.#core.parking.remove(this.#parked);
    this.#conversation.parked.delete(this.#parked);
    this.#parked = undefined;
  }
}
