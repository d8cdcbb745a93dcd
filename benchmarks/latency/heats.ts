import type { TopicPlan } from '../fake-server/synthetic-topic.js';
import type { Heat } from '../harness/heat.js';
import { latencyP50, latencyP99 } from '../harness/measures.js';

const topic: TopicPlan = { name: 'one-by-one', id: 1, recordBytes: 100 };

/** One record in flight: from `send` to its acknowledgement, beside as many bytes there and back over a raw socket. */
export const latencyHeats: readonly Heat[] = [
  {
    // Each window is a connection of its own, for which V8 compiles anew much of what stands between a send and its socket.
    settleMs: 1000,
    title: 'From send to acknowledgement, one 100 B record in flight',
    entrants: [
      { name: 'raw ping-pong', topic, runner: { node: 'clients/raw-ping' } },
      { name: 'send', topic, runner: { node: 'clients/lance-send' }, verify: 'what is written' },
      {
        name: 'raw frames',
        topic,
        settings: { batchBytes: 0, inFlight: 1 },
        runner: { node: 'clients/raw-frames' },
        extra: true,
      },
      { name: 'Python send', topic, runner: { python: 'send' }, verify: 'what is written', extra: true },
    ],
    goals: [
      {
        name: 'G12',
        what: 'p50 / raw ping-pong',
        ours: 'send',
        peers: ['raw ping-pong'],
        measure: latencyP50,
        bound: 'at most',
        hold: 1.15,
        reach: 1.05,
      },
      {
        name: 'G12',
        what: 'p99 / raw ping-pong',
        ours: 'send',
        peers: ['raw ping-pong'],
        measure: latencyP99,
        bound: 'at most',
        hold: 1.25,
        reach: 1.1,
      },
    ],
  },
];
