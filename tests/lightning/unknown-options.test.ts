import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import type { Requester } from '../../src/transports/http/requester.js';

let requests = 0;
const requester: Requester = {
  origin: 'http://nowhere',
  request: () => {
    requests++;
    throw new Error('nothing should come this far');
  },
  close: () => {},
};
const ADDRESS = 'http://127.0.0.1:4747';
const store = new LightningStoreClient(ADDRESS, { requester });
const span = { rolloutId: 'r', attemptId: 'a', sequenceId: 1, name: 'step' };
const llm = { resourceType: 'llm', endpoint: 'http://a', model: 'm' } as const;
const prompt = { resourceType: 'prompt_template', template: '', engine: 'jinja' } as const;

/** What the compiler would not let pass: users may have no types. */
const wrong = (options: unknown): never => options as never;

describe('an option that is misspelt is refused before a request is made', () => {
  it.each<[string, string, (options: never) => unknown]>([
    ['LightningStoreClient.retryDelays', 'retryDelaysMs', (options) => new LightningStoreClient(ADDRESS, options)],
    ['LightningStoreClient.timeoutMs', 'requestTimeoutMs', (options) => new LightningStoreClient(ADDRESS, options)],
    ['waitForRollouts.timeout', 'timeoutMs', (options) => store.waitForRollouts(['r'], options)],
    ['enqueueRollout.resourceId', 'resourcesId', (given: object) => store.enqueueRollout({ input: 1, ...given })],
    ['enqueueRollout.workerId', '', (given: object) => store.enqueueManyRollouts([{ input: 1, ...given }])],
    ['startRollout.workerID', 'workerId', (given: object) => store.startRollout({ input: 1, ...given })],
    ['startRollout.configs', 'config', (given: object) => store.startRollout({ input: 1, ...given })],
    ['config.maxRetries', '', (config) => store.enqueueRollout({ input: 1, config })],
    ['config.attempts', 'maxAttempts', (config) => store.startRollout({ input: 1, config })],
    ['config.timeout', 'timeoutMs', (config) => store.updateRollout('r', { config })],
    ['dequeueRollout.worker', 'workerId', (options) => store.dequeueRollout(options)],
    ['dequeueRollout.worker', 'workerId', (options) => store.dequeueManyRollouts(2, options)],
    ['startAttempt.worker', 'workerId', (options) => store.startAttempt('r', options)],
    ['updateRollout.state', 'status', (changes) => store.updateRollout('r', changes)],
    ['updateAttempt.state', 'status', (changes) => store.updateAttempt('r', 'latest', changes)],
    ['queryRollouts.statusin', 'statusIn', (query) => store.queryRollouts(query)],
    ['queryAttempts.limits', 'limit', (query) => store.queryAttempts('r', query)],
    ['querySpans.nameContain', 'nameContains', (query) => store.querySpans('r', query)],
    ['queryResources.resourceId', 'resourcesId', (query) => store.queryResources(query)],
    ['queryWorkers.sortby', 'sortBy', (query) => store.queryWorkers(query)],
    ['addSpan.startTime', 'startTimeMs', (given: object) => store.addSpan({ ...span, ...given })],
    ['addSpan.attribute', 'attributes', (given: object) => store.addManySpans([{ ...span, ...given }])],
    ['status.status', 'statusCode', (status) => store.addSpan({ ...span, status })],
    ['resource.schema_url', 'schemaUrl', (resource) => store.addSpan({ ...span, resource })],
    ['resources.main.api_key', 'apiKey', (given: object) => store.addResources({ main: { ...llm, ...given } })],
    [
      'resources.main.templates',
      'template',
      (given: object) => store.updateResources('s', { main: { ...prompt, ...given } }),
    ],
  ])('%s, meant %s', (path, meant, call) => {
    const options = wrong({ [path.slice(path.lastIndexOf('.') + 1)]: 7 });
    expect(() => call(options)).toThrow(InvalidOptionError);
    const hint = meant === '' ? '' : ` (did you mean ${meant}?)`;
    expect(() => call(options)).toThrow(`${path}: is not an option${hint}, there are `);
    expect(requests).toBe(0);
  });
});

describe('what is no object of options is refused', () => {
  it.each<[string, unknown, (value: never) => unknown]>([
    ['LightningStoreClient', 5_000, (value) => new LightningStoreClient(ADDRESS, value)],
    ['waitForRollouts', 5_000, (value) => store.waitForRollouts(['r'], value)],
    ['enqueueRollout', 'a question', (value) => store.enqueueRollout(value)],
    ['startRollout', 'a question', (value) => store.startRollout(value)],
    ['config', 3, (config) => store.enqueueRollout({ input: 1, config })],
    ['dequeueRollout', 'worker-1', (value) => store.dequeueRollout(value)],
    ['updateRollout', 'cancelled', (value) => store.updateRollout('r', value)],
    ['updateAttempt', 'failed', (value) => store.updateAttempt('r', 'latest', value)],
    ['queryRollouts', 10, (value) => store.queryRollouts(value)],
    ['addSpan', 'step', (value) => store.addSpan(value)],
    ['status', 'OK', (status) => store.addSpan({ ...span, status })],
  ])('%s: %p', (option, value, call) => {
    expect(() => call(wrong(value))).toThrow(InvalidOptionError);
    expect(() => call(wrong(value))).toThrow(`${option}: must be an object with `);
    expect(requests).toBe(0);
  });
});

it("names that are the user's own are let pass", () => {
  const own = { nameSpace: 1, retries: 2 };
  expect(() => store.enqueueRollout({ input: own, metadata: own })).not.toThrow();
  expect(() => store.updateAttempt('r', 'latest', { metadata: own })).not.toThrow();
  expect(() => store.addSpan({ ...span, attributes: own })).not.toThrow();
  expect(() => store.addResources({ main: { ...llm, samplingParameters: own } })).not.toThrow();
  expect(() => store.updateWorker('w', own)).not.toThrow();
});
