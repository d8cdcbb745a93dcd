import type { QueueRules } from '../../../src/embedded/flo/message-queue.js';

interface Modelled {
  readonly seq: bigint;
  readonly priority: number;
  readonly dedupKey: string | undefined;
  readonly bytes: number;
  state: 'ready' | 'delayed' | 'leased' | 'dead' | 'gone';
  deliveries: number;
  dueMs: number;
  leaseMs: number;
  leftMs: number;
}

/** What the documentation says of a queue, without any thought of speed: every question looks at every message. */
export class QueueModel {
  readonly messages: Modelled[] = [];
  /** In the order in which they died. */
  readonly dead: bigint[] = [];
  #now = 0;

  constructor(readonly rules: QueueRules) {}

  pass(toMs: number): void {
    for (;;) {
      const due = this.messages
        .filter(({ state, dueMs }) => (state === 'leased' || state === 'delayed') && dueMs <= toMs)
        .sort((one, other) => one.dueMs - other.dueMs || Number(one.seq - other.seq))[0];
      if (due === undefined) break;
      if (due.state === 'leased') this.#giveUp(due, false, due.dueMs);
      else due.state = 'ready';
    }
    this.#now = toMs;
  }

  enqueue(bytes: number, priority: number, delayMs: number, dedupKey: string | undefined): bigint {
    const known = this.messages.findLast(
      (each) =>
        dedupKey !== undefined &&
        each.dedupKey === dedupKey &&
        (!['dead', 'gone'].includes(each.state) || each.leftMs + this.rules.dedupWindowMs > this.#now),
    );
    if (known !== undefined) return known.seq;
    const seq = BigInt(this.messages.length + 1);
    const state = delayMs > 0 ? 'delayed' : 'ready';
    const dueMs = this.#now + delayMs;
    this.messages.push({ seq, priority, dedupKey, bytes, state, deliveries: 0, dueMs, leaseMs: 0, leftMs: 0 });
    return seq;
  }

  lease(count: number, maxBytes: number, leaseMs: number): { seq: bigint; deliveries: number }[] {
    const taken: Modelled[] = [];
    let bytes = 0;
    for (const message of this.#in('ready').sort((a, b) => a.priority - b.priority || Number(a.seq - b.seq))) {
      bytes += message.bytes;
      if (taken.length === count || (taken.length > 0 && bytes > maxBytes)) break;
      taken.push(message);
    }
    for (const message of taken) {
      message.state = 'leased';
      message.deliveries++;
      message.leaseMs = leaseMs;
      message.dueMs = this.#now + leaseMs;
    }
    return taken.map(({ seq, deliveries }) => ({ seq, deliveries }));
  }

  ack(seqs: readonly bigint[]): void {
    for (const message of this.#leased(seqs)) {
      message.state = 'gone';
      message.leftMs = this.#now;
    }
  }

  nack(seqs: readonly bigint[], toDlq: boolean): void {
    for (const seq of seqs) for (const message of this.#leased([seq])) this.#giveUp(message, toDlq, this.#now);
  }

  touch(seqs: readonly bigint[]): void {
    for (const message of this.#leased(seqs)) message.dueMs = this.#now + message.leaseMs;
  }

  count(state: Modelled['state']): number {
    return this.#in(state).length;
  }

  #in(state: Modelled['state']): Modelled[] {
    return this.messages.filter((each) => each.state === state);
  }

  #leased(seqs: readonly bigint[]): Modelled[] {
    return this.#in('leased').filter(({ seq }) => seqs.includes(seq));
  }

  #giveUp(message: Modelled, toDlq: boolean, atMs: number): void {
    message.state = toDlq || message.deliveries >= this.rules.maxDeliveries ? 'dead' : 'ready';
    if (message.state === 'ready') return;
    message.leftMs = atMs;
    this.dead.push(message.seq);
    if (this.dead.length > this.rules.dlqCapacity) this.dead.shift();
  }
}
