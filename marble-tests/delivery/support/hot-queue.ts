import { clock } from '../../../src/foundation/clock.js';
import type { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import { Window, type WindowLimits } from '../../../src/observables/delivery/core/window.js';
import { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import type { DeadOptions, DeadPart } from '../../../src/observables/delivery/types.js';

/** How a hot queue behaves; all times in virtual milliseconds. */
export interface HotQueueScript {
  /** When each message, one a character, is here; at 1 by default. */
  readonly atMs?: Readonly<Record<string, number>>;
  /** 10 deliveries of one byte by default. */
  readonly window?: Partial<WindowLimits>;
  /** How long the server takes to confirm an ack or a letter to the dead; by default nobody waits for it. */
  readonly confirmMs?: number;
  /** How long a session that is over takes to end, or that it never does; nothing by default. */
  readonly flushMs?: number | 'never';
  /** How long the server takes to hand out again what was given back; by default it keeps it. */
  readonly backMs?: number;
  /** After the last message has been handed out the queue ends. */
  readonly ends?: boolean;
  /** Throws what can't be sent. */
  readonly encode?: (decision: Decision) => void;
  /** Throws what can't be read. */
  readonly decode?: (message: string) => string;
  readonly maxAttempts?: number;
  readonly takesDead?: boolean;
  readonly cold?: boolean;
}

/** A queue on a server, and a hot stream of it. Everything that the server is told is in `told`. */
export class HotQueue {
  readonly stream: DeliveryStream<string>;
  /** `<what> <message><delivery> <when>`. */
  readonly told: string[] = [];
  readonly sessions: HotSession[] = [];
  /** What the server holds. */
  readonly messages: string[] = [];
  readonly deliveries = new Map<string, number>();

  constructor(
    messages: string,
    readonly script: HotQueueScript = {},
  ) {
    for (const message of messages) {
      const atMs = script.atMs?.[message] ?? 1;
      if (atMs === 1) this.messages.push(message);
      else clock.after(atMs - 1, () => this.send(message));
    }
    const { decode = (message: string) => message } = script;
    this.stream = DeliveryStream.reading<string, void, { message: string }>({
      name: 'flo:queue',
      guarantee: 'at-least-once',
      hot: script.cold !== true,
      window: () => new Window({ deliveries: 10, bytes: 10, ...script.window }),
      originOf: ({ value: { message } }) => ({ system: 'flo', name: 'queue', position: message }),
      readValue: ({ value: { message } }) => decode(message),
      open: (core) => {
        const session = new HotSession(this, core);
        this.sessions.push(session);
        return session;
      },
    });
  }

  /** The present session, or the last one. */
  get session(): HotSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('nobody has subscribed');
    return session;
  }

  get core(): DeliveryCore<{ message: string }> {
    return this.session.core;
  }

  /** Credit that is taken: deliveries and bytes. */
  get taken(): [deliveries: number, bytes: number] {
    return [this.core.window.deliveries, this.core.window.bytes];
  }

  send(message: string): void {
    this.messages.push(message);
    if (this.sessions.at(-1)?.core.closed === false) this.session.pull();
  }

  /** A lease that ran out. */
  lose(message: string): void {
    const node = [...this.core.ledger].find(({ value }) => value.message === message);
    if (node === undefined) throw new Error(`${message} is not unsettled`);
    this.core.lose(node);
  }
}

export class HotSession implements DeliverySource<{ message: string }> {
  readonly takesDead: boolean;
  readonly maxAttempts: number | undefined;
  private out = 0;

  constructor(
    private readonly queue: HotQueue,
    readonly core: DeliveryCore<{ message: string }>,
  ) {
    this.takesDead = queue.script.takesDead ?? true;
    this.maxAttempts = queue.script.maxAttempts;
  }

  pull(): void {
    while (this.queue.messages.length > 0 && this.core.reserve(1)) {
      const message = this.queue.messages.shift()!;
      this.out++;
      clock.after(1, () => this.land(message));
    }
    if (this.queue.script.ends === true && this.out === 0 && this.queue.messages.length === 0) this.core.end();
  }

  settle(node: LedgerNode<{ message: string }>, decision: Decision): Handling {
    this.queue.script.encode?.(decision);
    const { fate } = decision;
    const reason = fate === 'dead' ? decision.options.reason : undefined;
    if (fate === 'nacked') this.tell(`nacked+${decision.delayMs}`, node);
    else this.tell(reason === undefined ? fate : `dead(${reason})`, node);
    if (fate === 'nacked') return 'again';
    const { confirmMs } = this.queue.script;
    if (confirmMs === undefined) return 'done';
    clock.after(confirmMs, () => this.core.confirm(node, fate));
    return 'wait';
  }

  abandoned(node: LedgerNode<{ message: string }>): void {
    if (!node.decided) throw new Error('what is given back has left the books');
    this.tell('back', node);
    const { backMs } = this.queue.script;
    if (backMs !== undefined) clock.after(backMs, () => this.queue.send(node.value.message));
  }

  bury(node: LedgerNode<{ message: string }>, _part: DeadPart, _options: DeadOptions, then: () => void): void {
    this.tell('buried', node);
    clock.after(0, () => then());
  }

  settled(): void {
    // A queue has no positions to commit.
  }

  drain(): void {
    this.queue.told.push(`drain ${clock.now()}`);
  }

  close(flushed: () => void): void {
    this.queue.told.push(`close ${clock.now()}`);
    const { flushMs } = this.queue.script;
    if (flushMs === undefined) flushed();
    else if (flushMs !== 'never') clock.after(flushMs, flushed);
  }

  private land(message: string): void {
    this.out--;
    const attempt = (this.queue.deliveries.get(message) ?? 0) + 1;
    this.queue.deliveries.set(message, attempt);
    const node = this.core.arrived({ value: { message }, position: 0, end: 1, bytes: 1, reserved: 1, attempt });
    if (node === undefined) this.queue.told.push(`unwanted ${message}${attempt} ${clock.now()}`);
    this.pull();
  }

  private tell(what: string, node: LedgerNode<{ message: string }>): void {
    this.queue.told.push(`${what} ${node.value.message}${node.attempt} ${clock.now()}`);
  }
}
