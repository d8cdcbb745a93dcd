import { InvalidOptionError } from '../../src/foundation/errors.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import type { Connector } from '../../src/transports/channel.js';

let connections = 0;
const connector: Connector = {
  address: 'nowhere',
  connect: () => {
    connections++;
    throw new Error('nothing should come this far');
  },
};
const flo = new FloClient('127.0.0.1:9000', { connector });
const { kv, queue } = flo;

/** What the compiler would not let pass: users may have no types. */
const wrong = (options: unknown): never => options as never;

describe('an option that is misspelt is refused before a connection is made', () => {
  it.each<[string, string, (options: never) => unknown]>([
    ['FloClient.nameSpace', 'namespace', (options) => new FloClient('127.0.0.1:9000', options)],
    ['FloClient.timeout', 'timeoutMs', (options) => new FloClient('127.0.0.1:9000', options)],
    ['FloClient.protocoll', 'protocol', (options) => new FloClient('127.0.0.1:9000', options)],
    ['reconnect.maximumMs', 'maxMs', (reconnect) => new FloClient('127.0.0.1:9000', { reconnect })],
    ['close.deadline', 'deadlineMs', (options) => flo.close(options)],
    ['kv.get.wait', 'waitMs', (options) => kv.get('a', options)],
    ['kv.get.nameSpace', 'namespace', (options) => kv.getVersioned('a', options)],
    ['kv.put.ttl', 'ttlMs', (options) => kv.put('a', 'b', options)],
    ['kv.put.ifNotExist', 'ifNotExists', (options) => kv.put('a', 'b', options)],
    ['kv.delete.casversion', 'casVersion', (options) => kv.delete('a', options)],
    ['queue.enqueue.delay', 'delayMs', (options) => queue.enqueue('jobs', 'a', options)],
    ['queue.enqueue.dedup', 'dedupKey', (options) => queue.enqueue('jobs', 'a', options)],
    ['queue.dequeue.visibilityTimeout', 'visibilityTimeoutMs', (options) => queue.dequeue('jobs', 1, options)],
    ['queue.ack.nameSpace', 'namespace', (options) => queue.ack('jobs', [1n], options)],
    ['queue.nack.toDLX', 'toDlq', (options) => queue.nack('jobs', [1n], options)],
    ['queue.touch.nameSpace', 'namespace', (options) => queue.touch('jobs', [1n], options)],
    ['queue.dlqList.limits', 'limit', (options) => queue.dlqList('jobs', options)],
    ['queue.messages.visibilityTimeout', 'visibilityTimeoutMs', (options) => queue.messages('jobs', options)],
    ['queue.messages.windows', 'window', (options) => queue.messages('jobs', options)],
    ['window.size', '', (window) => queue.messages('jobs', { window })],
    ['reconnect.retries', '', (reconnect) => queue.messages('jobs', { reconnect })],
    ['drain.deadline', 'deadlineMs', (options) => queue.messages('jobs').drain(options)],
  ])('%s, meant %s', (path, meant, call) => {
    const options = wrong({ [path.slice(path.lastIndexOf('.') + 1)]: 7 });
    expect(() => call(options)).toThrow(InvalidOptionError);
    const hint = meant === '' ? '' : ` (did you mean ${meant}?)`;
    expect(() => call(options)).toThrow(`${path}: is not an option${hint}, there are `);
    expect(connections).toBe(0);
  });
});

describe('what is no object of options is refused', () => {
  it.each<[string, unknown, (value: never) => unknown]>([
    ['FloClient', 'myapp', (value) => new FloClient('127.0.0.1:9000', value)],
    ['reconnect', true, (reconnect) => new FloClient('127.0.0.1:9000', { reconnect })],
    ['close', 5_000, (value) => flo.close(value)],
    ['kv.get', 500, (value) => kv.get('a', value)],
    ['kv.put', 3_600_000, (value) => kv.put('a', 'b', value)],
    ['kv.delete', 5n, (value) => kv.delete('a', value)],
    ['queue.enqueue', 9, (value) => queue.enqueue('jobs', 'a', value)],
    ['queue.dequeue', 1_000, (value) => queue.dequeue('jobs', 1, value)],
    ['queue.nack', true, (value) => queue.nack('jobs', [1n], value)],
    ['queue.dlqList', 10, (value) => queue.dlqList('jobs', value)],
    ['queue.messages', 8, (value) => queue.messages('jobs', value)],
    ['window', 5, (window) => queue.messages('jobs', { window })],
  ])('%s: %p', (option, value, call) => {
    expect(() => call(wrong(value))).toThrow(InvalidOptionError);
    expect(() => call(wrong(value))).toThrow(`${option}: must be an object with `);
    expect(connections).toBe(0);
  });
});
