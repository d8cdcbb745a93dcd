import type { TopicPlan } from '../fake-server/synthetic-topic.js';
import type { Entrant, Heat } from '../harness/heat.js';
import { bytesPerSecond, latencyP99, recordsPerSecond } from '../harness/measures.js';
import { wholePeriods } from './genuine-ground.js';

const KIB = 1 << 10;
const FETCH_BYTES = 1 << 20;
const writes: TopicPlan = { name: '', id: 1, recordBytes: 1024 };

const raw = (label: string, batchBytes: number, inFlight: number): Entrant => ({
  name: `raw frames, ${label}`,
  topic: writes,
  settings: { batchBytes, inFlight },
  runner: { node: 'clients/raw-frames' },
  extra: true,
});

const rust = (connections: number, inFlight: number, batchBytes: number): Entrant => ({
  name: `lnc-bench, ${connections} × ${inFlight} records, ${batchBytes / KIB} KiB`,
  topic: writes,
  runner: { rust: { connections, inFlight, batchBytes } },
});
/** What the goal was set with: four connections, 256 records in flight on each, and its own size of batches. */
const RUST_USUAL = rust(4, 256, 64 * KIB);
const RUST_BEST = [RUST_USUAL, rust(1, 4096, 1024 * KIB), rust(4, 4096, 1024 * KIB), rust(16, 1024, 1024 * KIB)];

export const genuineProduceHeats: readonly Heat[] = [
  {
    title: 'Producing 1 KiB records, beside the Rust client',
    windowMs: 3000,
    entrants: [
      raw('1 MiB, 4 in flight', FETCH_BYTES - 44, 4),
      { name: 'sink', topic: writes, runner: { node: 'clients/lance-sink' }, verify: 'what is written' },
      {
        name: 'sink, 4 MiB batches, 4 in flight',
        topic: writes,
        settings: { batchBytes: 4 * FETCH_BYTES, inFlight: 4 },
        runner: { node: 'clients/lance-sink' },
        extra: true,
      },
      ...RUST_BEST,
      raw('4 MiB, 4 in flight', 4 * FETCH_BYTES, 4),
      raw('64 KiB, 8 in flight', 64 * KIB - 44, 8),
      {
        name: 'Python send_batch, 64 KiB, 64 at once',
        topic: writes,
        settings: { batchBytes: 64 * KIB, inFlight: 64 },
        runner: { python: 'send-batch' },
        verify: 'what is written',
        extra: true,
      },
    ],
    goals: [
      {
        name: 'G20',
        what: 'throughput / the Rust client, 4 × 256',
        ours: 'sink',
        peers: [RUST_USUAL.name],
        measure: bytesPerSecond,
        bound: 'at least',
        hold: 3,
        reach: 5,
      },
      {
        name: 'G20',
        what: 'throughput / the Rust client, tuned',
        ours: 'sink',
        peers: RUST_BEST.map(({ name }) => name),
        measure: bytesPerSecond,
        bound: 'at least',
        hold: 3,
        reach: 5,
      },
    ],
  },
];

const paced = (name: string, perSecond: number): Entrant => ({
  name,
  topic: writes,
  settings: { perSecond },
  runner: { node: 'clients/lance-paced' },
});

export const genuineLatencyHeats: readonly Heat[] = [
  {
    title: 'From when a 1 KiB record is due to its acknowledgement',
    windowMs: 3000,
    entrants: [
      paced('100 records a second', 100),
      { ...paced('1 000 records a second', 1000), extra: true },
      paced('10 000 records a second', 10_000),
      { ...paced('50 000 records a second', 50_000), extra: true },
    ],
    goals: [
      {
        name: 'G21',
        what: 'p99 at 10 000 records a second / of a lone record',
        ours: '10 000 records a second',
        peers: ['100 records a second'],
        measure: latencyP99,
        bound: 'at most',
        hold: 2.5,
        reach: 1.8,
      },
    ],
    note: 'At 100 records a second each one is alone. Time counts from when a record is due, whether it was sent then or not.',
  },
];

const TOTAL_BYTES = wholePeriods(800e6);
const cut: TopicPlan = { name: '', id: 2, recordBytes: 1024, totalBytes: TOTAL_BYTES };
const uncut: TopicPlan = { ...cut, id: 3, alignedTo: FETCH_BYTES };

const rawFetch = (inFlight: number): Entrant => ({
  name: `raw fetches, ${inFlight} in flight`,
  topic: cut,
  settings: { fetchBytes: FETCH_BYTES, inFlight },
  runner: { node: 'clients/raw-fetch' },
});

const again = { again: true };

export const genuineConsumeHeats: readonly Heat[] = [
  {
    title: 'Consuming 1 KiB records, beside raw fetches and the Python client',
    windowMs: 1500,
    entrants: [
      rawFetch(1),
      rawFetch(2),
      {
        name: 'consume',
        topic: cut,
        settings: again,
        runner: { node: 'clients/lance-consume' },
        verify: 'what is read',
      },
      { name: 'Python', topic: cut, settings: again, runner: { python: 'consume' } },
      {
        name: 'consume, uncut',
        topic: uncut,
        settings: again,
        runner: { node: 'clients/lance-consume' },
        verify: 'what is read',
        extra: true,
      },
      {
        name: 'Python, uncut',
        topic: uncut,
        settings: again,
        runner: { python: 'consume' },
        verify: 'what is read',
        extra: true,
      },
    ],
    goals: [
      {
        name: 'G22',
        what: 'throughput / raw fetches',
        ours: 'consume',
        peers: ['raw fetches, 1 in flight', 'raw fetches, 2 in flight'],
        measure: bytesPerSecond,
        bound: 'at least',
        hold: 0.9,
        reach: 0.97,
      },
      {
        name: 'G23',
        what: 'records per second / Python StandaloneConsumer',
        ours: 'consume',
        peers: ['Python'],
        measure: recordsPerSecond,
        bound: 'at least',
        hold: 50,
        reach: 200,
      },
    ],
    note: 'Uncut: fetches end with a record, which spares the Python client what it does with cut ones: it loses them and is out of step.',
  },
];
