import type { SluiceError } from '../../../src/foundation/errors.js';
import type { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import type { DeadOptions, DeadPart } from '../../../src/observables/delivery/types.js';

/** What the source does with the next decision: as the engine knows it, or something less polite. */
export type Reply = Handling | 'inside' | 'throw' | 'fail';

export interface SourceScript {
  /** How many fetches may be out. */
  readonly depth: number;
  /** What each fetch reserves, over and over. */
  readonly sizes: readonly number[];
  /** Whether a drain gives back what is out, or leaves it to the answer. */
  readonly givesBack: boolean;
  /** A closed source has something left to do. */
  readonly flushesLate: boolean;
}

/** A source that does what it is told, one call at a time. */
export class ScriptedSource<T> implements DeliverySource<T> {
  readonly takesDead = true;
  /** The fetches that are out, by the bytes they reserved. */
  readonly out: number[] = [];
  asleep = false;
  detached = false;
  ended = false;
  over = false;
  /** Its wish was refused and not fulfilled since: it may still stand in line, even if it sleeps by now. */
  refused = false;
  settles = 0;
  drains = 0;
  watermarkAtClose: number | undefined;
  /** To be called when a closed source has done what was left. */
  flushed: (() => void) | undefined;
  readonly abandonedNodes: LedgerNode<T>[] = [];
  reply: Reply = 'done';
  private asked = 0;

  constructor(
    readonly core: DeliveryCore<T>,
    private readonly script: SourceScript,
    /** Where the next arrival begins. */
    public position: number,
  ) {}

  /** What the next fetch will reserve. */
  get size(): number {
    return this.script.sizes[this.asked % this.script.sizes.length] ?? 1;
  }

  /** There is more to ask for. */
  get wants(): boolean {
    return !this.over && !this.ended && !this.asleep && !this.detached && this.out.length < this.script.depth;
  }

  pull(): void {
    while (this.wants) {
      if (!this.core.reserve(this.size)) {
        this.refused = true;
        return;
      }
      this.refused = false;
      this.out.push(this.size);
      this.asked++;
    }
  }

  settle(node: LedgerNode<T>, { fate }: Decision): Handling {
    const { reply } = this;
    if (reply === 'throw') throw new Error('it can not be encoded');
    if (reply === 'fail') this.core.fail(new Error('the server hung up'));
    if (reply === 'inside') this.core.confirm(node, fate);
    return reply === 'fail' || reply === 'inside' ? 'wait' : reply;
  }

  abandoned(node: LedgerNode<T>): void {
    this.abandonedNodes.push(node);
  }

  bury(_node: LedgerNode<T>, _part: DeadPart, _options: DeadOptions, _then: (error?: SluiceError) => void): void {
    throw new Error('nobody buries parts here');
  }

  settled(): void {
    this.settles++;
  }

  drain(): void {
    this.drains++;
    this.over = true;
    if (this.script.givesBack) this.giveBack();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.watermarkAtClose = this.core.ledger.watermark;
    if (this.script.flushesLate) this.flushed = flushed;
    else flushed();
  }

  /** No fetch will be answered any more. */
  giveBack(): void {
    for (const bytes of this.out.splice(0)) this.core.unreserve(bytes);
  }
}
