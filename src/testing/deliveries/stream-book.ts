import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Cause, SessionWatcher } from '../../observables/delivery/core/session-watcher.js';
import type { Decision } from '../../observables/delivery/core/source.js';
import type { Lens } from '../../observables/delivery/handle.js';
import type { Outcome } from '../../observables/delivery/types.js';
import type { MarbleEvent } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import type { FateEvent } from './fate-event.js';
import { fateWords } from './fate-words.js';
import { NotedFate } from './noted-fate.js';

/** What has become of the deliveries of one stream in a run, and of its credit, over all its sessions. */
export class StreamBook {
  readonly fates: MarbleEvent[] = [];
  readonly credit: MarbleEvent[] = [];
  private core: DeliveryCore<unknown> | undefined;
  private free: number | undefined;

  constructor(private readonly run: MarbleRun) {}

  /** For headlines: its name, and why there is nothing to see if nobody has subscribed. */
  titleOf(name: string): string {
    return this.core === undefined ? `${name}, to which nobody has subscribed` : name;
  }

  began(core: DeliveryCore<unknown>, lens: Lens<unknown, unknown>): void {
    this.core = core;
    core.watcher = new Scribe(this.run, this.fates, lens);
  }

  /** A millisecond is over. */
  sample(atMs: number): void {
    if (this.core === undefined) return;
    const { limits, deliveries } = this.core.window;
    const free = limits.deliveries - deliveries;
    if (free === this.free) return;
    this.free = free;
    this.credit.push({ atMs, kind: 'next', value: free, words: `room for ${free} more` });
  }
}

/** Writes down one session. */
class Scribe implements SessionWatcher {
  private readonly decisions = new WeakMap<LedgerNode, Decision>();

  constructor(
    private readonly run: MarbleRun,
    private readonly fates: MarbleEvent[],
    private readonly lens: Lens<unknown, unknown>,
  ) {}

  decided(node: LedgerNode, decision: Decision): void {
    this.decisions.set(node, decision);
  }

  concluded(node: LedgerNode, outcome: Outcome, cause: Cause | undefined): void {
    const fate = new NotedFate(this.lens, node, outcome, this.decisions.get(node), cause);
    this.decisions.delete(node);
    this.run.worked();
    this.fates.push(new FateMoment(this.run.nowMs, fate));
  }

  ended(failure: { readonly error: unknown } | undefined): void {
    const atMs = this.run.nowMs;
    if (failure === undefined) this.fates.push({ atMs, kind: 'complete', value: undefined });
    else this.fates.push({ atMs, kind: 'error', value: failure.error });
  }
}

/** A class: there may be very many, and an object with a getter of its own takes a kilobyte. */
class FateMoment implements MarbleEvent {
  readonly kind = 'next';

  constructor(
    readonly atMs: number,
    readonly value: FateEvent,
  ) {}

  get words(): string {
    return fateWords(this.value);
  }
}
