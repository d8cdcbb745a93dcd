import { clock } from '../../../src/foundation/clock.js';
import { SluiceError } from '../../../src/foundation/errors.js';
import { Committer } from '../../../src/observables/delivery/core/committer.js';
import type { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import { Window, type WindowLimits } from '../../../src/observables/delivery/core/window.js';
import { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import type { DeadOptions, DeadPart } from '../../../src/observables/delivery/types.js';

/** How a scripted log behaves; all times in virtual milliseconds. */
export interface LogScript {
  /** How long a fetch takes; 1 by default. */
  readonly latencyMs?: number;
  /** How many fetches may be out at once; 1 by default. */
  readonly depth?: number;
  /** What a fetch reserves; 1 byte by default. */
  readonly fetchBytes?: number;
  /** What a record really has, where that differs from the fetch. */
  readonly bytes?: Readonly<Record<string, number>>;
  /** 4 deliveries of one fetch each by default. */
  readonly window?: Partial<WindowLimits> | Window;
  /** After the last record nothing comes, but the log does not end. */
  readonly endless?: boolean;
  /** How a dead letter is handled; without it there is nowhere to put them. */
  readonly dead?: Handling;
  /** How long a dead letter that is waited for takes; 5 by default, 0 for confirmed inside the call. */
  readonly deadMs?: number;
  /** Why no dead letter can be written. */
  readonly deadFails?: SluiceError;
  readonly commit?: { readonly everyMs?: number; readonly everyCount?: number };
  /** How long storing a position takes; 0 (inside the call) by default. */
  readonly saveMs?: number;
  /** Every save fails. */
  readonly saveFails?: unknown;
  /** How long the flush at the end takes beside the save, or that it never ends. */
  readonly flushMs?: number | 'never';
  readonly name?: string;
  /** Called with what a delivery is acked with; throws if it can't be sent. */
  readonly encode?: (result: unknown) => void;
}

/** What went wrong on purpose. */
export class ScriptError extends SluiceError {
  static override readonly code: string = 'SCRIPT';
}

/**
 * A log of one record per character, behind a real `DeliveryStream`. `#` is a fetch that fails the session, once:
 * the next epoch gets past it. Epochs begin at the stored position.
 */
export class ScriptedLog {
  readonly stream: DeliveryStream<string>;
  readonly records: readonly string[];
  /** When each position was asked for. */
  readonly asked: { readonly atMs: number; readonly position: number }[] = [];
  readonly saved: { readonly atMs: number; readonly position: number }[] = [];
  readonly letters: { readonly value: string; readonly reason: string | undefined; readonly attempts: number }[] = [];
  /** Where the next epoch begins. */
  position = 0;
  readonly windows: Window[] = [];
  readonly sources: LogSource[] = [];
  private readonly failures = new Set<number>();

  constructor(
    records: string,
    readonly script: LogScript = {},
  ) {
    const kept: string[] = [];
    for (const character of records) {
      if (character === '#') this.failures.add(kept.length);
      else kept.push(character);
    }
    this.records = kept;
    const { window, fetchBytes = 1, name = 'log' } = script;
    const shared = window instanceof Window ? window : undefined;
    this.stream = new DeliveryStream<string>({
      name: `lance:${name}`,
      guarantee: 'at-least-once',
      window: () => {
        const made = shared ?? new Window({ deliveries: 4, bytes: 4 * fetchBytes, ...window });
        this.windows.push(made);
        return made;
      },
      originOf: (node) => ({ system: 'lance', name, position: BigInt(node.position) }),
      open: (core) => {
        const source = new LogSource(this, core);
        this.sources.push(source);
        return source;
      },
    });
  }

  /** The window of the last epoch. */
  get window(): Window {
    return this.windows.at(-1) ?? fail('nobody has subscribed');
  }

  get core(): DeliveryCore<string> {
    return this.sources.at(-1)?.core ?? fail('nobody has subscribed');
  }

  /** The delivery of a record in the present epoch. */
  node(record: string): LedgerNode<string> {
    return [...this.core.ledger].find(({ value }) => value === record) ?? fail(`${record} is not unsettled`);
  }

  /** A lease that ran out. */
  lose(record: string): void {
    this.core.lose(this.node(record));
  }

  /** Whether there is something at a position, be it a failure. */
  has(position: number): boolean {
    return position < this.records.length || this.failures.has(position);
  }

  /** True once for each `#`. */
  failsAt(position: number): boolean {
    return this.failures.delete(position);
  }
}

/** One epoch. */
export class LogSource implements DeliverySource<string> {
  readonly takesDead: boolean;
  private next: number;
  private out = 0;
  private over = false;
  private readonly committer: Committer;

  constructor(
    private readonly log: ScriptedLog,
    readonly core: DeliveryCore<string>,
  ) {
    const { dead, commit, saveMs, saveFails } = log.script;
    this.takesDead = dead !== undefined;
    this.next = log.position;
    core.ledger.startAt(log.position);
    this.committer = new Committer(clock, log.position, () => core.ledger.watermark, {
      everyMs: commit?.everyMs ?? 5_000,
      everyCount: commit?.everyCount ?? 100,
      save: (position, done) => {
        const store = (): void => {
          if (saveFails !== undefined) return done(saveFails);
          log.position = position;
          log.saved.push({ atMs: clock.now(), position });
          done();
        };
        if (saveMs === undefined) store();
        else clock.after(saveMs, store);
      },
      failed: () => undefined,
    });
  }

  pull(): void {
    const { depth = 1, fetchBytes = 1, latencyMs = 1, endless = false } = this.log.script;
    while (this.out < depth && this.log.has(this.next) && this.core.reserve(fetchBytes)) {
      const position = this.next++;
      this.out++;
      this.log.asked.push({ atMs: clock.now(), position });
      clock.after(latencyMs, () => this.land(position, fetchBytes));
    }
    if (!endless && this.out === 0 && !this.log.has(this.next)) this.core.end();
  }

  settle(node: LedgerNode<string>, decision: Decision): Handling {
    if (decision.fate === 'acked') {
      this.log.script.encode?.(decision.result);
      return 'done';
    }
    if (decision.fate === 'nacked') return 'again';
    const { dead = 'done', deadMs = 5, deadFails } = this.log.script;
    const { reason, attempts = node.attempt } = decision.options;
    this.log.letters.push({ value: node.value, reason, attempts });
    const answer = (): void => {
      if (deadFails === undefined) this.core.confirm(node, 'dead');
      else this.core.fail(deadFails);
    };
    if (dead === 'wait' && deadMs === 0) answer();
    else if (dead === 'wait') clock.after(deadMs, answer);
    return dead;
  }

  bury(_node: LedgerNode<string>, _part: DeadPart, _options: DeadOptions, then: (error?: SluiceError) => void): void {
    clock.after(0, () => then());
  }

  settled(): void {
    this.committer.settled();
  }

  drain(): void {
    this.over = true;
  }

  close(flushed: () => void): void {
    this.over = true;
    const { flushMs = 0 } = this.log.script;
    this.committer.close(() => {
      if (flushMs === 0) flushed();
      else if (flushMs !== 'never') clock.after(flushMs, flushed);
    });
  }

  private land(position: number, reserved: number): void {
    this.out--;
    if (this.log.failsAt(position)) {
      this.core.unreserve(reserved);
      this.core.fail(new ScriptError(`the log broke at ${position}`));
      return;
    }
    const value = this.log.records[position] ?? fail(`there is no record ${position}`);
    const bytes = this.log.script.bytes?.[value] ?? reserved;
    this.core.arrived({ value, position, end: position + 1, bytes, reserved });
    if (!this.over) this.pull();
  }
}

function fail(message: string): never {
  throw new Error(message);
}
