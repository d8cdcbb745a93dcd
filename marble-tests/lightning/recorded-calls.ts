import type { Observable } from 'rxjs';
import type { NewSpan } from '../../src/codecs/lightning/new-span.js';
import type { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import { translated, type RecordedCall } from './vectors.js';

/** The names of the official client's positional arguments. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  start_rollout: ['input', 'mode', 'resources_id', 'config', 'metadata', 'worker_id'],
  enqueue_many_rollouts: ['rollouts'],
  start_attempt: ['rollout_id'],
  get_rollout_by_id: ['rollout_id'],
  update_rollout: ['rollout_id'],
  query_attempts: ['rollout_id'],
  get_latest_attempt: ['rollout_id'],
  update_attempt: ['rollout_id', 'attempt_id'],
  add_resources: ['resources'],
  update_resources: ['resources_id', 'resources'],
  get_resources_by_id: ['resources_id'],
  add_span: ['span'],
  add_many_spans: ['spans'],
  get_next_span_sequence_id: ['rollout_id', 'attempt_id'],
  get_many_span_sequence_ids: ['pairs'],
  query_spans: ['rollout_id', 'attempt_id'],
  get_worker_by_id: ['worker_id'],
  update_worker: ['worker_id', 'heartbeat_stats'],
};

/** Values of an object with other keys: `null` stays where it means "clear". */
function camelArguments({ method, args }: RecordedCall): Record<string, unknown> {
  const { positional = [], ...named } = args;
  const names = POSITIONAL[method] ?? [];
  const all: Record<string, unknown> = { ...named };
  for (const [index, value] of positional.entries()) all[names[index] ?? `unnamed${index}`] = value;
  const clears = method === 'update_rollout';
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => {
      const [entry] = Object.entries(translated({ [key]: value }) as object) as [string, unknown][];
      if (entry === undefined) return [];
      const [name, inner] = entry;
      return [[name, value === null && clears ? null : inner]];
    }),
  );
}

/** Fields that name what to sort by have our names. */
function query(args: Record<string, unknown>, ...apart: string[]): Record<string, unknown> {
  const rest = Object.fromEntries(Object.entries(args).filter(([name]) => !apart.includes(name)));
  const { sortBy } = rest;
  if (typeof sortBy !== 'string') return rest;
  const [name = ''] = Object.keys(translated({ [sortBy]: 0 }) as object);
  return { ...rest, sortBy: name };
}

/** Does with our client what the official one was asked to do. */
export function replay(client: LightningStoreClient, recorded: RecordedCall): Observable<unknown> {
  const args = camelArguments(recorded);
  const [rolloutId, attemptId] = [String(args['rolloutId']), String(args['attemptId'])];
  switch (recorded.method) {
    case 'start_rollout':
      return client.startRollout({ input: args['input'], ...args });
    case 'enqueue_rollout':
      return client.enqueueRollout({ input: args['input'], ...args });
    case 'enqueue_many_rollouts':
      return client.enqueueManyRollouts(args['rollouts'] as { input: unknown }[]);
    case 'dequeue_rollout':
      return client.dequeueRollout(args);
    case 'dequeue_many_rollouts':
      return client.dequeueManyRollouts(Number(args['limit']), query(args, 'limit'));
    case 'start_attempt':
      return client.startAttempt(rolloutId, query(args, 'rolloutId'));
    case 'get_rollout_by_id':
      return client.getRolloutById(rolloutId);
    case 'query_rollouts':
      return client.queryRollouts(query(args));
    case 'update_rollout':
      return client.updateRollout(rolloutId, query(args, 'rolloutId'));
    case 'query_attempts':
      return client.queryAttempts(rolloutId, query(args, 'rolloutId'));
    case 'get_latest_attempt':
      return client.getLatestAttempt(rolloutId);
    case 'update_attempt':
      return client.updateAttempt(rolloutId, attemptId, query(args, 'rolloutId', 'attemptId'));
    case 'add_resources':
      return client.addResources(args['resources'] as never);
    case 'update_resources':
      return client.updateResources(String(args['resourcesId']), args['resources'] as never);
    case 'query_resources':
      return client.queryResources(query(args));
    case 'get_resources_by_id':
      return client.getResourcesById(String(args['resourcesId']));
    case 'get_latest_resources':
      return client.getLatestResources();
    case 'add_span':
      return client.addSpan(args['span'] as NewSpan);
    case 'add_many_spans':
      return client.addManySpans(args['spans'] as NewSpan[]);
    case 'get_next_span_sequence_id':
      return client.getNextSpanSequenceId(rolloutId, attemptId);
    case 'get_many_span_sequence_ids':
      return client.getManySpanSequenceIds(args['pairs'] as [string, string][]);
    case 'query_spans':
      return client.querySpans(rolloutId, query(args, 'rolloutId'));
    case 'query_workers':
      return client.queryWorkers(query(args));
    case 'get_worker_by_id':
      return client.getWorkerById(String(args['workerId']));
    case 'update_worker':
      return client.updateWorker(String(args['workerId']), args['heartbeatStats'] as Record<string, unknown>);
    case 'statistics':
      return client.statistics();
    default:
      throw new Error(`no call for ${recorded.method}`);
  }
}
