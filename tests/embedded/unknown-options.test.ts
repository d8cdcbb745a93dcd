import { FloServer } from '../../src/embedded/flo/flo-server.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { LightningServer } from '../../src/embedded/lightning/lightning-server.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';

const flo = FloServer.inMemory();
const bytes = new Uint8Array([1]);

/** What the compiler would not let pass: users may have no types. */
const wrong = (options: unknown): never => options as never;

describe('an option that is misspelt is refused', () => {
  it.each<[string, string, (options: never) => unknown]>([
    ['LanceServer.hots', 'host', (options) => new LanceServer(options)],
    ['LanceServer.ackDelay', 'ackDelayMs', (options) => new LanceServer(options)],
    ['LanceServer.inMemory.latency', 'latencyMs', (options) => LanceServer.inMemory(options)],
    ['LanceServer.inMemory.port', '', (options) => LanceServer.inMemory(options)],
    ['auth.token', 'tokens', (given: object) => new LanceServer({ auth: { tokens: [], ...given } })],
    ['FloServer.portt', 'port', (options) => new FloServer(options)],
    ['FloServer.visibilityTimeout', 'visibilityTimeoutMs', (options) => new FloServer(options)],
    ['FloServer.inMemory.maxDelivery', 'maxDeliveries', (options) => FloServer.inMemory(options)],
    ['enqueue.delay', 'delayMs', (options) => flo.enqueue('jobs', bytes, options)],
    ['put.ttl', 'ttlMs', (options) => flo.put('a', bytes, options)],
    ['queue.nameSpace', 'namespace', (where) => flo.queue('jobs', where)],
    ['queue.nameSpace', 'namespace', (where) => flo.deadLetters('jobs', where)],
    ['key.nameSpace', 'namespace', (where) => flo.kv('a', where)],
    ['failNext.texts', 'text', (given: object) => flo.faults.failNext(1, { status: 5, ...given })],
    ['LightningServer.scanDebounce', 'scanDebounceMs', (options) => new LightningServer(options)],
    ['LightningServer.corsOrigins', 'corsAllowOrigins', (options) => new LightningServer(options)],
    ['LightningServer.inMemory.origins', 'origin', (options) => LightningServer.inMemory(options)],
  ])('%s, meant %s', (path, meant, call) => {
    const options = wrong({ [path.slice(path.lastIndexOf('.') + 1)]: 7 });
    expect(() => call(options)).toThrow(InvalidOptionError);
    const hint = meant === '' ? '' : ` (did you mean ${meant}?)`;
    expect(() => call(options)).toThrow(`${path}: is not an option${hint}, there are `);
  });
});

describe('what is no object of options is refused', () => {
  it.each<[string, unknown, (value: never) => unknown]>([
    ['LanceServer', 1992, (value) => new LanceServer(value)],
    ['LanceServer.inMemory', 5, (value) => LanceServer.inMemory(value)],
    ['auth', 'secret', (auth) => new LanceServer({ auth })],
    ['FloServer', 9000, (value) => new FloServer(value)],
    ['FloServer.inMemory', 5, (value) => FloServer.inMemory(value)],
    ['queue', 'myapp', (value) => flo.queue('jobs', value)],
    ['failNext', 12, (value) => flo.faults.failNext(1, value)],
    ['LightningServer', 4747, (value) => new LightningServer(value)],
    ['LightningServer.inMemory', 5, (value) => LightningServer.inMemory(value)],
  ])('%s: %p', (option, value, call) => {
    expect(() => call(wrong(value))).toThrow(InvalidOptionError);
    expect(() => call(wrong(value))).toThrow(`${option}: must be an object with `);
  });
});
