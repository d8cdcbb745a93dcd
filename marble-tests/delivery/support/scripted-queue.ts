import { clock } from '../../../src/foundation/clock.js';
import type { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import { Leases } from '../../../src/observables/delivery/core/leases.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import { Window } from '../../../src/observables/delivery/core/window.js';
import { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';

/** How a scripted queue behaves; all times in virtual milliseconds. */
export interface QueueScript {
  /** When each message, one a character, is here; together at 1 by default. */
  readonly atMs?: Readonly<Record<string, number>>;
  readonly leaseMs: number;
  readonly maxLeaseMs?: number;
  /** How long the server takes to answer a renewal; 1 by default. */
  readonly answerMs?: number;
  /** What it answers; nothing if undefined. */
  readonly answer?: (message: string) => boolean | undefined;
}

/** A queue whose messages are leased, behind a real `DeliveryStream`; it never ends by itself. */
export class ScriptedQueue implements DeliverySource<string> {
  readonly stream: DeliveryStream<string>;
  readonly takesDead = false;
  readonly renewals: string[] = [];
  readonly nodes = new Map<string, LedgerNode<string>>();
  /** Timers armed at the same time, at most; leases share one. */
  timers = 0;
  private core!: DeliveryCore<string>;
  readonly leases: Leases<string>;

  constructor(
    private readonly messages: string,
    private readonly script: QueueScript,
  ) {
    const { leaseMs, maxLeaseMs = 1_000_000, answerMs = 1, answer = () => true } = script;
    let armed = 0;
    const host = {
      now: () => clock.now(),
      after: (delayMs: number, then: () => void) => {
        this.timers = Math.max(this.timers, ++armed);
        const timer = clock.after(delayMs, then);
        timer.add(() => armed--);
        return timer;
      },
    };
    this.leases = new Leases<string>(host, {
      leaseMs,
      maxLeaseMs,
      renew: (nodes) => {
        const sentMs = clock.now();
        this.renewals.push(`${nodes.map(({ value }) => value).join('')} ${sentMs}`);
        clock.after(answerMs, () => {
          for (const node of nodes) {
            const granted = answer(node.value);
            if (granted !== undefined) this.leases.renewed(node, granted, sentMs);
          }
        });
      },
      lost: (node) => this.core.lose(node),
    });
    this.stream = new DeliveryStream<string>({
      name: 'flo:queue',
      guarantee: 'at-least-once',
      window: () => new Window({ deliveries: 100, bytes: 100 }),
      originOf: ({ value }) => ({ system: 'flo', name: 'queue', position: value }),
      open: (core) => {
        this.core = core;
        return this;
      },
    });
  }

  /** The session, for pauses. */
  get session(): DeliveryCore<string> {
    return this.core;
  }

  pull(): void {
    for (const [position, value] of [...this.messages].entries()) {
      if (this.nodes.has(value) || !this.core.reserve(1)) continue;
      this.nodes.set(value, undefined as never);
      clock.after(this.script.atMs?.[value] ?? 1, () => {
        const node = this.core.arrived({ value, position, end: position + 1, bytes: 1, reserved: 1 });
        if (node === undefined) return;
        this.nodes.set(value, node);
        this.leases.add(node);
      });
    }
  }

  /** A nack is kept here for its delay, under lease renewal. */
  settle(node: LedgerNode<string>, decision: Decision): Handling {
    if (decision.fate === 'nacked') return 'again';
    this.leases.remove(node);
    return 'done';
  }

  bury(): void {
    throw new Error('there are no dead letters here');
  }

  settled(): void {
    // A queue has no positions to commit.
  }

  drain(): void {
    // Nothing is asked for a second time.
  }

  close(flushed: () => void): void {
    this.leases.clear();
    flushed();
  }
}
