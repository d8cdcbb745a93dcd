import type { Delivery, Fate } from '../../../src/observables/delivery/types.js';

/** What a voter said, or that it left without a word; `out` while nothing is known. */
export type Word = 'out' | 'left' | 'acked' | 'dead' | { readonly delayMs: number };

/** One attempt at one message, as the model keeps it: who had a vote, and what came of it. */
export class Paper {
  readonly words: Map<number, Word>;
  /** Those it was shown to, in order. */
  readonly shown: number[] = [];
  readonly handles = new Map<number, Delivery<string>>();
  readonly held = new Set<number>();
  /** What each voter was told. */
  readonly losses = new Map<number, number>();
  readonly outcomes = new Map<number, Fate[]>();
  state: 'open' | 'pending' | 'waiting' | 'leaving' | 'done' = 'open';
  fate: Fate | undefined;
  /** Its lease ran out, or its session or its last voter is gone. */
  isLost = false;
  dueMs = 0;

  constructor(
    readonly session: number,
    readonly message: string,
    readonly attempt: number,
    readonly bytes: number,
    voters: readonly number[],
  ) {
    this.words = new Map(voters.map((voter) => [voter, 'out']));
  }

  get name(): string {
    return `${this.message}#${this.attempt}`;
  }

  isOut(voter: number): boolean {
    return this.state === 'open' && this.words.get(voter) === 'out';
  }

  get open(): number[] {
    return [...this.words.keys()].filter((voter) => this.isOut(voter));
  }

  /** Everyone who could still decide keeps it. */
  get isStuck(): boolean {
    const { open } = this;
    return open.length > 0 && open.every((voter) => this.held.has(voter));
  }

  /** The worst word, written as the source would be told. */
  get verdict(): { readonly fate: Fate; readonly delayMs: number } {
    const words = [...this.words.values()];
    const delays = words.flatMap((word) => (typeof word === 'object' ? [word.delayMs] : []));
    if (words.includes('dead')) return { fate: 'dead', delayMs: 0 };
    if (delays.length > 0) return { fate: 'nacked', delayMs: Math.max(...delays) };
    return { fate: words.includes('left') ? 'abandoned' : 'acked', delayMs: 0 };
  }
}

/** It has a place in its session's window. */
export function isUnsettled({ state }: Paper): boolean {
  return state === 'open' || state === 'pending' || state === 'waiting';
}
