import type { TopicPlan } from '../fake-server/synthetic-topic.js';
import { FETCH_BYTES } from '../harness/fake-ground.js';
import type { Settings } from '../harness/client-program.js';
import type { Entrant, Heat } from '../harness/heat.js';
import { bytesPerSecond, cpuPerMib, cpuPerRecord, gcShare, loopGapMs, recordsPerSecond } from '../harness/measures.js';

const QUICK_FLOOR = 0.45;
const topic1K: TopicPlan = { name: 'records-1024', id: 1, recordBytes: 1024 };
const topic100: TopicPlan = { name: 'records-100', id: 2, recordBytes: 100 };
/** A fetch ends with a record: the Python client loses what is cut (lance.md T 5). */
const aligned = (recordBytes: number, id: number): TopicPlan => ({
  name: `aligned-${recordBytes}`,
  id,
  recordBytes,
  alignedTo: FETCH_BYTES,
});

const consume = (name: string, topic: TopicPlan, settings: Settings = {}): Entrant => ({
  name,
  topic,
  settings,
  runner: { node: 'clients/lance-consume' },
  verify: 'what is read',
});

const rawSocket: Entrant = { name: 'raw socket', topic: topic1K, runner: { node: 'clients/raw-socket' } };

const besideRaw: Heat = {
  title: 'Consuming, beside a raw socket',
  entrants: [
    rawSocket,
    consume('consume, 1 KiB records', topic1K),
    consume('consume, 100 B records', topic100),
    { name: 'raw requests, 2 in flight', topic: topic1K, runner: { node: 'clients/raw-requests' }, extra: true },
  ],
  goals: [
    {
      name: 'G1',
      what: '1 KiB records, throughput / raw',
      ours: 'consume, 1 KiB records',
      peers: ['raw socket'],
      measure: bytesPerSecond,
      bound: 'at least',
      hold: 0.65,
      reach: 0.8,
      floor: QUICK_FLOOR,
    },
    {
      name: 'G2',
      what: '100 B records, throughput / raw',
      ours: 'consume, 100 B records',
      peers: ['raw socket'],
      measure: bytesPerSecond,
      bound: 'at least',
      hold: 0.6,
      reach: 0.78,
      floor: QUICK_FLOOR,
    },
    {
      name: 'G4',
      what: '1 KiB records, client CPU per MiB / raw',
      ours: 'consume, 1 KiB records',
      peers: ['raw socket'],
      measure: cpuPerMib,
      bound: 'at most',
      hold: 2.8,
      reach: 2.1,
    },
    {
      name: 'G4',
      what: '100 B records, client CPU per MiB / raw',
      ours: 'consume, 100 B records',
      peers: ['raw socket'],
      measure: cpuPerMib,
      bound: 'at most',
      hold: 3,
      reach: 2.2,
    },
  ],
};

const ways: Heat = {
  title: 'Prefetch, cut records, evenness',
  entrants: [
    rawSocket,
    consume('consume, 1 KiB', topic1K),
    consume('consume, 1 KiB, prefetch 1', topic1K, { prefetch: 1 }),
    consume('consume, 1 KiB, uncut', aligned(1024, 11)),
    consume('consume, 100 B', topic100),
    consume('consume, 100 B, uncut', aligned(100, 10)),
    {
      name: 'consume, 1 KiB, watched',
      topic: topic1K,
      runner: { node: 'clients/lance-consume', watched: true },
      verify: 'what is read',
    },
  ],
  goals: [
    {
      name: 'G5',
      what: 'prefetch 2 / prefetch 1, no delay',
      ours: 'consume, 1 KiB',
      peers: ['consume, 1 KiB, prefetch 1'],
      measure: bytesPerSecond,
      bound: 'at least',
      hold: 1.4,
      reach: 1.7,
    },
    {
      name: 'G6',
      what: 'records cut by fetches / uncut, 1 KiB',
      ours: 'consume, 1 KiB',
      peers: ['consume, 1 KiB, uncut'],
      measure: bytesPerSecond,
      bound: 'at least',
      hold: 0.93,
      reach: 0.97,
    },
    {
      name: 'G6',
      what: 'records cut by fetches / uncut, 100 B',
      ours: 'consume, 100 B',
      peers: ['consume, 100 B, uncut'],
      measure: bytesPerSecond,
      bound: 'at least',
      hold: 0.93,
      reach: 0.97,
    },
    {
      name: 'G16',
      what: 'share of time in garbage collection',
      ours: 'consume, 1 KiB, watched',
      measure: gcShare,
      bound: 'at most',
      hold: 0.08,
      reach: 0.05,
    },
    {
      name: 'G16',
      what: 'event loop late, p99, ms',
      ours: 'consume, 1 KiB, watched',
      measure: loopGapMs,
      bound: 'at most',
      hold: 3,
      reach: 1,
    },
  ],
};

const PEER_SIZES = [
  { label: '100 B', topic: aligned(100, 10), hold: 18, reach: 30 },
  { label: '1 KiB', topic: aligned(1024, 11), hold: 5, reach: 9 },
  { label: '10 KiB', topic: aligned(10_240, 12), hold: 3.5, reach: 6 },
] as const;

const besidePython: Heat = {
  title: 'Consuming, beside the official Python client',
  entrants: [
    rawSocket,
    ...PEER_SIZES.flatMap(({ label, topic }): Entrant[] => [
      consume(`consume, ${label}`, topic),
      { name: `Python, ${label}`, topic, runner: { python: 'consume' }, verify: 'what is read' },
    ]),
    {
      name: 'one record at a time, 100 B',
      topic: aligned(100, 10),
      runner: { node: 'clients/lance-records' },
      verify: 'what is read',
    },
  ],
  goals: [
    ...PEER_SIZES.map(({ label, hold, reach }) => ({
      name: 'G7',
      what: `${label} records, records per second / Python`,
      ours: `consume, ${label}`,
      peers: [`Python, ${label}`],
      measure: recordsPerSecond,
      cost: cpuPerRecord,
      bound: 'at least' as const,
      hold,
      reach,
    })),
    {
      name: 'G8',
      what: '100 B, records() + map + filter / Python',
      ours: 'one record at a time, 100 B',
      peers: ['Python, 100 B'],
      measure: recordsPerSecond,
      cost: cpuPerRecord,
      bound: 'at least',
      hold: 6,
      reach: 10,
    },
  ],
  note: 'Fetches end with a record here: the Python client loses records that are cut, and is out of step from then on.',
};

export const consumeHeats: readonly Heat[] = [besideRaw, ways, besidePython];
/** What continuous integration looks at. */
export const quickConsumeHeats: readonly Heat[] = [
  { ...besideRaw, goals: besideRaw.goals.filter(({ floor }) => floor !== undefined) },
];
