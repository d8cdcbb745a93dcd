import type { TopicPlan } from '../fake-server/synthetic-topic.js';

/** The goals: the least share of the raw socket's throughput. The floor of a quick run only catches a broken hot path. */
export interface Goal {
  readonly name: string;
  readonly hold: number;
}

export interface ConsumeCase {
  readonly name: string;
  readonly topic: TopicPlan;
  readonly goal: Goal;
}

export const QUICK_FLOOR = 0.45;
export const FETCH_BYTES = 1 << 20;

/** Batches only, acked as they pass, with default options: fresh buffers, checksums verified, records indexed. */
export const consumeCases: readonly ConsumeCase[] = [
  {
    name: 'consume, 1 KiB records',
    topic: { name: 'records-1024', id: 1, recordBytes: 1024 },
    goal: { name: 'G1', hold: 0.65 },
  },
  {
    name: 'consume, 100 B records',
    topic: { name: 'records-100', id: 2, recordBytes: 100 },
    goal: { name: 'G2', hold: 0.6 },
  },
];
