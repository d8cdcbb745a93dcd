import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClientConfig } from '../../../src/observables/lance/configs/client-config.js';
import { ProducerConfig } from '../../../src/observables/lance/configs/producer-config.js';
import { StandaloneConfig } from '../../../src/observables/lance/configs/standalone-config.js';
import { producerPlan } from '../../../src/observables/lance/producing/producer-options.js';
import { RecordType } from '../../../src/codecs/lance/record-type.js';
import * as sluice from '../../../src/lance.js';
import { QUICK, withServer } from '../scene.js';
import { valueOf, type Call, type Scene } from './call.js';
import { clientCalls } from './calls/client-calls.js';
import { configCalls } from './calls/config-calls.js';
import { consumerCalls } from './calls/consumer-calls.js';
import { errorCalls } from './calls/error-calls.js';
import { producerCalls } from './calls/producer-calls.js';
import { recordCalls } from './calls/record-calls.js';

interface Name {
  readonly name: string;
  readonly default?: string;
}

interface Row {
  readonly seed: string;
  readonly ours: string;
  readonly status: 'works' | 'emulated' | 'refused' | 'no effect';
  readonly units?: string;
  readonly note?: string;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as T;
const names = read<Name[]>('names.json');
const rows = read<Row[]>('rows.json');
const calls: ReadonlyMap<string, Call> = new Map(
  [clientCalls, configCalls, consumerCalls, errorCalls, producerCalls, recordCalls].flatMap((each) =>
    Object.entries(each),
  ),
);
const rowOf = new Map(rows.map((row) => [row.seed, row]));

describe('the mapping from the Python client', () => {
  it('has a row for each of its names and no other, and a call for each row', () => {
    const all = names.map(({ name }) => name);
    expect(all.length).toBeGreaterThan(100);
    expect(rows.map(({ seed }) => seed).sort()).toEqual(all.toSorted());
    expect([...calls.keys()].sort()).toEqual(all.toSorted());
  });

  it('says of each row what becomes of it', () => {
    for (const { ours, status, note } of rows) {
      expect(ours).not.toBe('');
      expect(['works', 'emulated', 'refused', 'no effect']).toContain(status);
      if (status !== 'works') expect(note).toMatch(/\.$/);
    }
  });

  it('has the page as it should be', async () => {
    const script = join(__dirname, '../../../scripts/lance-mapping.mjs');
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toBeTruthy();
  });

  it('classes are exported under their own names', () => {
    const classes = names.map(({ name }) => name).filter((name) => /^[A-Z]\w+$/.test(name));
    expect(classes.length).toBeGreaterThan(15);
    expect(classes.filter((name) => !(name in sluice))).toEqual([]);
  });
});

/** A literal of Python in our units. */
function translated(literal: string, { units = '' }: Row): unknown {
  const words: Readonly<Record<string, unknown>> = {
    None: undefined,
    True: true,
    False: false,
    BEGINNING: 'beginning',
  };
  if (Object.hasOwn(words, literal)) return words[literal];
  if (literal.startsWith('"')) return literal.slice(1, -1);
  return Number(literal) * (units.startsWith('seconds') ? 1_000 : 1);
}

/** What a config says when nothing was given. */
function preset(owner: string, property: string): unknown {
  const lingering = new ProducerConfig().withBatching('linger');
  const known: Readonly<Record<string, readonly object[]>> = {
    ClientConfig: [new ClientConfig()],
    ProducerConfig: [lingering, producerPlan(lingering)],
    StandaloneConfig: [new StandaloneConfig('me', { topicId: 1 })],
    RecordType: [RecordType],
  };
  return known[owner]?.map((each): unknown => Reflect.get(each, property)).find((value) => value !== undefined);
}

describe('defaults', () => {
  const given = names.filter((name) => name.default !== undefined && rowOf.get(name.name)?.status !== 'refused');

  it.each(given.map(({ name, default: literal = '' }) => [name, literal]))('%s: %s', (name, literal) => {
    const row = rowOf.get(name)!;
    const [owner = ''] = name.split('.');
    const property = row.ours.slice(row.ours.lastIndexOf('.') + 1);
    expect(preset(owner, property)).toBe(translated(literal, row));
  });
});

/** If this is set, the rows are called with that server. */
const { LANCE_ADDR } = process.env;
const RUN = `mapping-${Date.now().toString(36)}`;

/** The calls with an embedded server of their own, or with one that has other topics, too. */
async function withScene(name: string, call: (scene: Scene) => Promise<void>): Promise<void> {
  if (LANCE_ADDR === undefined) {
    await withServer(async (own) => {
      const { id } = await valueOf(own.client.createTopic(name));
      await call({ ...own, topic: name, id, address: `127.0.0.1:${own.server.port}` });
    });
    return;
  }
  const { hostname: host, port } = new URL(`lance://${LANCE_ADDR}`);
  const clients: sluice.LanceClient[] = [];
  const newClient = (options: sluice.LanceClientOptions = {}): sluice.LanceClient => {
    const client = new sluice.LanceClient({ host, port: Number(port), reconnect: QUICK, ...options });
    clients.push(client);
    return client;
  };
  const client = newClient();
  // It stays: a server without topics hands out old ids anew.
  await valueOf(client.ensureTopic('mapping'));
  try {
    const { id } = await valueOf(client.createTopic(name));
    await call({ client, newClient, topic: name, id, address: LANCE_ADDR, server: undefined });
  } finally {
    for (const topic of await valueOf(client.listTopics())) {
      if (topic.name.startsWith(name)) await valueOf(client.deleteTopic(topic.id));
    }
    await Promise.all(clients.map(async (each) => valueOf(each.close())));
  }
}

describe('every row is called over a socket', () => {
  const callable = rows.filter(({ seed }) => LANCE_ADDR === undefined || calls.get(seed)?.needsEmbedded !== true);

  it.each(callable.map(({ seed, ours }, index) => [seed, ours, index]))('%s → %s', async (seed, _, index) => {
    expect.hasAssertions();
    await withScene(`${RUN}-${index}`, calls.get(seed)!);
  });
});
