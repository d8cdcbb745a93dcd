import type { TopicPlan } from '../fake-server/synthetic-topic.js';
import type { Settings } from '../harness/client-program.js';
import type { Goal } from '../harness/goals.js';
import type { Entrant, Heat } from '../harness/heat.js';
import { bytesPerSecond, cpuPerMib, cpuPerRecord, recordsPerSecond } from '../harness/measures.js';

const KIB = 1 << 10;
const topics = {
  '100 B': { name: 'writes-100', id: 1, recordBytes: 100 },
  '1 KiB': { name: 'writes-1024', id: 2, recordBytes: 1024 },
  '10 KiB': { name: 'writes-10240', id: 3, recordBytes: 10_240 },
} as const satisfies Record<string, TopicPlan>;
type Size = keyof typeof topics;

const raw = (label: string, batchBytes: number, inFlight: number): Entrant => ({
  name: `raw frames, ${label}`,
  topic: topics['1 KiB'],
  settings: { batchBytes, inFlight },
  runner: { node: 'clients/raw-frames' },
});
const RAW = [
  raw('1 MiB', KIB * KIB - 44, 8),
  raw('256 KiB', 256 * KIB - 44, 16),
  raw('32 KiB', 32 * KIB - 44, 64),
] as const;

const ours = (program: string, name: string, topic: TopicPlan, settings: Settings = {}): Entrant => ({
  name,
  topic,
  settings,
  runner: { node: `clients/${program}` },
  verify: 'what is written',
});

const bare = (label: Size, settings: Settings): Entrant => ({
  ...ours(
    'bare-producer',
    `by hand, ${(settings.batchBytes ?? 0) / KIB} KiB batches, ${label}`,
    topics[label],
    settings,
  ),
  extra: true,
});

/** What a sink makes by itself for a server that is fast. */
const HALF_MIB: Settings = { batchBytes: 512 * KIB };

const besideRaw: Heat = {
  title: 'Producing, beside raw frames with acknowledgements',
  anew: true,
  entrants: [
    ...RAW,
    ours('lance-sink', 'sink, 100 B', topics['100 B']),
    ours('lance-sink', 'sink, 1 KiB', topics['1 KiB']),
    { ...ours('lance-sink', 'sink, 10 KiB', topics['10 KiB']), extra: true },
    bare('100 B', { ...HALF_MIB, inFlight: 2 }),
    bare('1 KiB', { ...HALF_MIB, inFlight: 2 }),
  ],
  goals: (
    [
      ['100 B', 0.35, 0.45, 0.2],
      ['1 KiB', 0.65, 0.8, 0.35],
    ] as const
  ).map(([label, hold, reach, floor]) => ({
    name: 'G11',
    what: `${label} records, throughput / best raw frames`,
    ours: `sink, ${label}`,
    peers: RAW.map(({ name }) => name),
    measure: bytesPerSecond,
    cost: cpuPerMib,
    bound: 'at least' as const,
    hold,
    reach,
    floor,
  })),
};

const BATCHES: Settings = { batchBytes: 64 * KIB, inFlight: 64 };
const G9: readonly [Size, number, number][] = [
  ['100 B', 9, 12],
  ['1 KiB', 4.5, 6],
  ['10 KiB', 3.5, 4],
];
/** Enough to keep batches full, as many callers would. */
const MANY = 32_768;

const besidePython: Heat = {
  title: 'Producing, beside the official Python client',
  entrants: [
    RAW[0],
    ...G9.flatMap(([label]): Entrant[] => [
      ours('lance-sink', `sink, 64 KiB batches, ${label}`, topics[label], BATCHES),
      { ...ours('lance-send-batch', `sendBatch, 64 KiB, ${label}`, topics[label], BATCHES), extra: true },
      bare(label, BATCHES),
      {
        name: `Python send_batch, 64 KiB, ${label}`,
        topic: topics[label],
        settings: BATCHES,
        runner: { python: 'send-batch' },
        verify: 'what is written',
      },
    ]),
    ours('lance-send', 'send, each awaited, 100 B', topics['100 B'], { inFlight: MANY }),
    { ...ours('lance-send', 'send, 64 at once, 100 B', topics['100 B'], { inFlight: 64 }), extra: true },
    {
      name: 'Python send_async, flush per 64, 100 B',
      topic: topics['100 B'],
      settings: { inFlight: 64 },
      runner: { python: 'send-async' },
    },
    {
      name: 'Python send, 64 at once, 100 B',
      topic: topics['100 B'],
      settings: { inFlight: 64 },
      runner: { python: 'send-many' },
    },
  ],
  goals: [
    ...G9.map(([label, hold, reach]): Goal => ({
      name: 'G9',
      what: `${label} records in 64 KiB batches / Python send_batch`,
      ours: `sink, 64 KiB batches, ${label}`,
      peers: [`Python send_batch, 64 KiB, ${label}`],
      measure: recordsPerSecond,
      cost: cpuPerRecord,
      bound: 'at least',
      hold,
      reach,
    })),
    {
      name: 'G10',
      what: '100 B, each awaited / Python, the better way',
      ours: 'send, each awaited, 100 B',
      peers: ['Python send_async, flush per 64, 100 B', 'Python send, 64 at once, 100 B'],
      measure: recordsPerSecond,
      cost: cpuPerRecord,
      bound: 'at least',
      hold: 25,
      reach: 35,
    },
  ],
};

export const produceHeats: readonly Heat[] = [besideRaw, besidePython];
export const quickProduceHeats: readonly Heat[] = [besideRaw];
