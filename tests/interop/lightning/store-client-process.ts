import { deepStrictEqual } from 'node:assert';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import {
  LightningError,
  LightningStoreClient,
  RolloutNotFoundError,
  WaitTimeoutError,
  type NewSpan,
} from 'sluice/lightning';

// A session of our client with a genuine store at argv[2] (a URL): a line per check, exit code 1 at the first that fails.

const WORKER = 'interop-worker';
const PROMPT = { resourceType: 'prompt_template', template: '{"weights": [0.5, -1e-9]}', engine: 'f-string' } as const;
const BETTER = { resourceType: 'prompt_template', template: 'better', engine: 'jinja' } as const;

class Failed extends Error {}

function check(holds: boolean, what: string, found?: unknown): void {
  if (!holds) throw new Failed(`${what}, got ${JSON.stringify(found)}`);
  console.log(`  ok: ${what}`);
}

function same(found: unknown, expected: unknown, what: string): void {
  try {
    deepStrictEqual(found, expected);
  } catch {
    check(false, what, found);
  }
  check(true, what);
}

/** What it emits last. */
const value = async <T>(source: Observable<T>): Promise<T> => lastValueFrom(source);

/** What it errors with. */
async function errorOf(source: Observable<unknown>): Promise<unknown> {
  return lastValueFrom(source, { defaultValue: undefined }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function useQueue(store: LightningStoreClient): Promise<string[]> {
  check((await value(store.dequeueRollout({ workerId: WORKER }))) === undefined, 'dequeue: an empty queue');
  const input = { task: 'добавить', nested: { list: [1, 2.5, null, true] } };
  const config = { maxAttempts: 2, retryCondition: ['failed'] } as const;
  const first = await value(store.enqueueRollout({ input, mode: 'train', config, metadata: { by: 'interop' } }));
  same(
    [first.status, first.input, first.mode, first.metadata],
    ['queuing', input, 'train', { by: 'interop' }],
    'enqueue',
  );
  same([first.config.maxAttempts, first.config.retryCondition], [2, ['failed']], 'enqueue: its config');
  check(
    Math.abs(first.startTimeMs - Date.now()) < 60_000 && first.endTimeMs === undefined,
    'enqueue: its times',
    first,
  );
  const more = await value(store.enqueueManyRollouts([{ input: 0 }, { input: null }, { input: 'two' }]));
  same(
    more.map((rollout) => rollout.input),
    [0, null, 'two'],
    'enqueue many, in order',
  );
  const ids = [first, ...more].map((rollout) => rollout.rolloutId);
  const taken = await value(store.dequeueRollout({ workerId: WORKER }));
  same([taken?.rolloutId, taken?.status], [ids[0], 'preparing'], 'dequeue: first in, first out');
  same([taken?.attempt.sequenceId, taken?.attempt.workerId], [1, WORKER], 'dequeue: its attempt');
  const rest = await value(store.dequeueManyRollouts(10, { workerId: WORKER }));
  same(
    rest.map((rollout) => rollout.rolloutId),
    ids.slice(1),
    'dequeue many: what is left',
  );
  for (const { rolloutId, attempt } of rest) {
    await value(store.updateAttempt(rolloutId, attempt.attemptId, { status: 'succeeded' }));
  }
  return ids;
}

async function useSpans(store: LightningStoreClient, rolloutId: string): Promise<void> {
  const attempt = await value(store.getLatestAttempt(rolloutId));
  const attemptId = attempt?.attemptId ?? '';
  const numbers = await value(
    store.getManySpanSequenceIds([
      [rolloutId, attemptId],
      [rolloutId, attemptId],
    ]),
  );
  same(numbers, [1, 2], 'spans: sequence ids');
  const [early, late] = numbers.map((sequenceId): NewSpan => {
    const attributes = { 'agentlightning.reward.0.value': sequenceId / 4, ids: [1, 2, 3], text: 'награда', yes: true };
    const times = { startTimeMs: 1_760_000_000_000 + sequenceId, endTimeMs: 1_760_000_000_250 };
    const spanId = `00000000000000a${sequenceId}`;
    return { rolloutId, attemptId, sequenceId, spanId, name: 'agentlightning.annotation', attributes, ...times };
  }) as [NewSpan, NewSpan];
  const stored = await value(store.addSpan(late));
  same({ ...stored, ...late }, stored, 'add span: it comes back as it was');
  check((await value(store.addSpan(late))) === undefined, 'add span: a duplicate is nothing');
  await value(store.addSpan(early));
  const { items } = await value(store.querySpans(rolloutId));
  same(
    items.map((span) => span.sequenceId),
    [1, 2],
    'query spans: sorted by sequence id',
  );
  same(items[1], stored, 'query spans: as they were');
  const page = await value(store.querySpans(rolloutId, { attemptId: 'latest', spanId: early.spanId, limit: 1 }));
  same(
    page.items.map((span) => span.spanId),
    [early.spanId],
    'query spans: filtered',
  );
  const found = await value(store.getRolloutById(rolloutId));
  same([found?.status, found?.attempt?.status], ['running', 'running'], 'a span makes it run');
  const error = await errorOf(store.addSpan({ ...late, rolloutId: 'ro-unknown' }));
  check(error instanceof RolloutNotFoundError, 'add span: to no rollout', error);
}

/** The first attempt fails and is repeated, the second is the last. */
async function useAttempts(store: LightningStoreClient, rolloutId: string): Promise<void> {
  const first = await value(store.getLatestAttempt(rolloutId));
  const changes = { status: 'failed', metadata: { why: 'on purpose' } } as const;
  const failed = await value(store.updateAttempt(rolloutId, first?.attemptId ?? '', changes));
  same([failed.status, failed.metadata], ['failed', changes.metadata], 'update attempt');
  same((await value(store.getRolloutById(rolloutId)))?.status, 'requeuing', 'a failed attempt is repeated');
  const again = await value(store.dequeueRollout({ workerId: WORKER }));
  same([again?.rolloutId, again?.attempt.sequenceId], [rolloutId, 2], 'dequeue: the second attempt');
  const attempts = await value(store.queryAttempts(rolloutId));
  same(
    attempts.items.map((attempt) => attempt.sequenceId),
    [1, 2],
    'query attempts',
  );
  await value(store.updateAttempt(rolloutId, 'latest', { status: 'failed' }));
  const ended = await value(store.getRolloutById(rolloutId));
  check(ended?.status === 'failed' && ended.endTimeMs !== undefined, 'the last one decides', ended);
  const error = await errorOf(store.updateAttempt(rolloutId, 'at-unknown', { status: 'failed' }));
  check(error instanceof LightningError, 'update attempt: one that is not there', error);
  check((await value(store.getRolloutById('ro-unknown'))) === undefined, 'get rollout: one that is not there');
}

async function useResources(store: LightningStoreClient): Promise<void> {
  check((await value(store.getLatestResources())) === undefined, 'latest resources: none yet');
  const added = await value(store.addResources({ weights: PROMPT }));
  same([added.version, added.resources], [1, { weights: PROMPT }], 'add resources');
  same(await value(store.getLatestResources()), added, 'latest resources');
  const updated = await value(store.updateResources(added.resourcesId, { weights: BETTER }));
  same([updated.version, updated.resources], [2, { weights: BETTER }], 'update resources');
  same(await value(store.getResourcesById(added.resourcesId)), updated, 'get resources');
  const second = await value(store.addResources({ weights: PROMPT }));
  same((await value(store.getLatestResources()))?.resourcesId, second.resourcesId, 'latest resources: the newer');
}

async function useWaits(store: LightningStoreClient, ids: readonly string[]): Promise<void> {
  const open = await value(store.startRollout({ input: 'still open', workerId: WORKER }));
  const asked = [...ids, open.rolloutId];
  const ended = await value(store.waitForRollouts(asked, { timeoutMs: 300 }).pipe(toArray()));
  same(
    ended.map((rollout) => rollout.rolloutId).sort(),
    [...ids].sort(),
    'wait: those that have ended, then the time is over',
  );
  const late = await errorOf(store.waitForRollouts(asked, { timeoutMs: 300, onTimeout: 'error' }));
  check(late instanceof WaitTimeoutError, 'wait: or that is an error', late);
  const unknown = await errorOf(store.waitForRollouts([...ids, 'ro-unknown']));
  check(unknown instanceof RolloutNotFoundError, 'wait: an unknown id is an error', unknown);
  const known = await value(store.waitForRollouts([...ids, 'ro-unknown'], { onUnknown: 'skip' }).pipe(toArray()));
  same(known.length, ids.length, 'wait: or is left out');
  const waiting = value(store.waitForRollouts(asked, { timeoutMs: 20_000 }).pipe(toArray()));
  await value(store.updateAttempt(open.rolloutId, open.attempt.attemptId, { status: 'succeeded' }));
  const all = new Map((await waiting).map((rollout) => [rollout.rolloutId, rollout.status]));
  const expected = ['failed', 'succeeded', 'succeeded', 'succeeded', 'succeeded'];
  same(
    asked.map((id) => all.get(id)),
    expected,
    'wait: until the last one ends',
  );
  const none = await value(store.queryRollouts({ statusIn: ['cancelled'] }));
  same(none.items, [], 'query rollouts: none such');
}

const store = new LightningStoreClient(process.argv[2] ?? '', { retryDelaysMs: [] });
try {
  same((await value(store.health())).status, 'ok', 'health');
  const ids = await useQueue(store);
  await useSpans(store, ids[0] ?? '');
  await useAttempts(store, ids[0] ?? '');
  await useResources(store);
  await useWaits(store, ids);
  const { totalRollouts, totalSpans } = await value(store.statistics());
  same([totalRollouts, totalSpans], [5, 2], 'statistics');
} catch (error) {
  console.log(
    `  FAILED: ${error instanceof Failed ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await value(store.close());
}
