import { tap } from 'rxjs';
import { json } from '../../src/codecs/payload/json.js';
import { lz4 } from '../../src/codecs/payload/lz4.js';
import { exponential } from '../../src/foundation/backoff/exponential.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { pollBackoff } from '../../src/observables/retry/poll-backoff.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import type { Connector } from '../../src/transports/channel.js';
import { tcp } from '../../src/transports/tcp.js';
import { finished, tlv, withServer } from './scene.js';

let connections = 0;
const connector: Connector = {
  address: 'nowhere',
  connect: () => {
    connections++;
    throw new Error('nothing should come this far');
  },
};
const lance = new LanceClient({ connector });

/** What the compiler would not let pass: users may have no types. */
const wrong = (options: unknown): never => options as never;
const refused = (call: () => unknown): InvalidOptionError => {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('an option that is misspelt is refused before a connection is made', () => {
  it.each<[string, string, (options: never) => unknown]>([
    ['LanceClient.hots', 'host', (options) => new LanceClient(options)],
    ['LanceClient.connectionTimeoutMs', 'connectTimeoutMs', (options) => new LanceClient(options)],
    ['LanceClient.offsetStor', 'offsetStore', (options) => new LanceClient(options)],
    ['Producer.portt', 'port', (options) => new Producer(options)],
    ['Producer.batchsize', 'batchSize', (options) => new Producer(options)],
    ['consume.form', 'from', (options) => lance.consume('flights', options)],
    ['consume.commitInterval', 'commitIntervalMs', (options) => lance.consume('flights', options)],
    ['consume.deadLetter', 'deadLetters', (options) => lance.consume('flights', options)],
    ['consume.codecs', 'codec', (options) => lance.consume('flights', options)],
    ['sink.lingerms', 'lingerMs', (options) => lance.sink('flights', options)],
    ['sink.codek', 'codec', (options) => lance.sink('flights', options)],
    ['close.deadline', 'deadlineMs', (options) => lance.close(options)],
    ['drain.deadline', 'deadlineMs', (options) => lance.consume('flights').drain(options)],
    ['reconnect.initial', 'initialMs', (reconnect) => new LanceClient({ reconnect })],
    ['reconnect.maxAttempt', 'maxAttempts', (reconnect) => new Producer({ reconnect })],
    ['window.byte', 'bytes', (window) => lance.consume('flights', { window })],
    [
      'deadLetters.topics',
      'topic',
      (given: object) => lance.consume('flights', { deadLetters: { topic: 'x', ...given } }),
    ],
    ['tcp.hostt', 'host', (options: object) => tcp({ host: 'a', port: 1, ...options })],
    ['retryBackoff.maxAttempt', 'maxAttempts', (options) => retryBackoff(options)],
    ['pollBackoff.isempty', 'isEmpty', (options) => pollBackoff(options)],
    ['exponential.faktor', 'factor', (options: object) => exponential({ initialMs: 1, maxMs: 2, ...options })],
    ['lz4.maxByte', 'maxBytes', (options) => lz4(json(), options)],
  ])('%s, meant %s', (path, meant, call) => {
    const name = path.slice(path.lastIndexOf('.') + 1);
    const { message, context } = refused(() => call(wrong({ [name]: 7 })));
    expect(message).toContain(`${path}: is not an option (did you mean ${meant}?)`);
    expect(context).toMatchObject({ option: path, value: 7 });
    expect(connections).toBe(0);
  });

  it('a shared window is not made with other limits', () => {
    const { message } = refused(() => new Window(wrong({ deliveries: 1, bytes: 1, size: 5 })));
    expect(message).toBe('window.size: is not an option, there are deliveries, bytes, got 5');
  });

  it('a producer that is made by its address: from the call', () => {
    const { message } = refused(() => Producer.connect('127.0.0.1:1', wrong({ batchsize: 7 })));
    expect(message).toContain('Producer.batchsize: is not an option (did you mean batchSize?)');
  });

  it.each<[string, string, object]>([
    ['address', 'a:b', {}],
    ['port', 'localhost:99999', {}],
    ['batchSize', '127.0.0.1:1', { batchSize: 0 }],
    ['requestTimeoutMs', '127.0.0.1:1', { requestTimeoutMs: -1 }],
  ])('so is what such a producer must not have: %s', (option, address, options) => {
    expect(refused(() => Producer.connect(address, options)).context).toMatchObject({ option });
  });
});

describe('what is no object of options is refused', () => {
  it.each<[string, unknown, (value: never) => unknown]>([
    ['LanceClient', '127.0.0.1:1992', (value) => new LanceClient(value)],
    ['consume', 'beginning', (value) => lance.consume('flights', value)],
    ['sink', 'json', (value) => lance.sink('flights', value)],
    ['close', 5_000, (value) => lance.close(value)],
    ['drain', 5_000, (value) => lance.consume('flights').drain(value)],
    ['reconnect', true, (reconnect) => new LanceClient({ reconnect })],
    ['reconnect', false, (reconnect) => new LanceClient({ reconnect })],
    ['window', 5, (window) => lance.consume('flights', { window })],
    ['offsetStore', './offsets', (offsetStore) => new LanceClient({ offsetStore })],
    ['offsetStore', './offsets', (offsetStore) => lance.consume('flights', { offsetStore })],
    ['offsetStore', { load: () => [] }, (offsetStore) => lance.consume('flights', { offsetStore })],
    ['deadLetters', 'dead', (deadLetters) => lance.consume('flights', { deadLetters })],
    ['retryBackoff', 3, (value) => retryBackoff(value)],
    ['pollBackoff', 50, (value) => pollBackoff(value)],
    ['lz4', 1_024, (value) => lz4(json(), value)],
  ])('%s: %p', (option, value, call) => {
    const { message, context } = refused(() => call(wrong(value)));
    expect(message).toMatch(new RegExp(`^${option}: must (be|have) `));
    expect(context['option']).toBe(option);
    expect(connections).toBe(0);
  });
});

describe('a delivery', () => {
  it.each<[string, string, (delivery: Delivery<unknown>, options: never) => unknown]>([
    ['nack.delay', 'delayMs', (delivery, options) => delivery.nack(options)],
    ['dead.attempt', 'attempts', (delivery, options) => delivery.dead(options)],
  ])('%s, meant %s, settles nothing', async (path, meant, settle) => {
    const seen: unknown[] = [];
    const see = (delivery: Delivery<unknown>): void => {
      seen.push(refused(() => settle(delivery, wrong({ [path.slice(5)]: 7 }))).message, delivery.ack());
    };
    await withServer(async ({ server, client }) => {
      server.append('flights', tlv([new Uint8Array([1])]));
      const flights = client.consume('flights', { until: 'end', deadLetters: { topic: 'dead' } });
      await finished(flights.pipe(tap(see)));
      await finished(flights.pipe(records(), tap(see)));
    });
    const message = expect.stringContaining(`${path}: is not an option (did you mean ${meant}?)`);
    expect(seen).toEqual([message, 'settled', message, 'settled']);
  });
});
