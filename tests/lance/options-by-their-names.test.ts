import { InvalidOptionError } from '../../src/foundation/errors.js';
import { pollBackoff, retryBackoff } from '../../src/index.js';
import {
  ClientConfig,
  LanceClient,
  Producer,
  ProducerConfig,
  StandaloneConfig,
  StandaloneConsumer,
  consumerId,
} from '../../src/lance.js';

const lance = new LanceClient();

/** What a call is refused with. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error.message;
  }
  throw new Error('it was not refused');
}

it.each<[string, () => unknown]>([
  ['left out', () => lance.consume(undefined as never)],
  ['an object', () => lance.sink({ topic: 'events' } as never)],
  ['0', () => lance.tail(0)],
])('a topic that is %s could be a name, too', (_, call) => {
  expect(refusal(call)).toMatch(/^topic: must be a name, or an id from 1 to 4294967295, got /);
});

it.each<[string, () => unknown]>([
  ['a client', () => new LanceClient({ offsetDir: 5 as never })],
  ['a producer', () => new Producer({ offsetDir: '' })],
  ['a config', () => new ClientConfig({ offsetDir: 5 as never })],
  ['a config for polling', () => new StandaloneConfig('me', { topicId: 1 }).withOffsetDir('')],
])('the option of %s that is wrong has the name that it was given under: offsetDir', (_, call) => {
  expect(refusal(call)).toMatch(/^offsetDir: must be the path of a folder, got (5|"")$/);
});

it('the path of a file is no certificate, and who gave one learns that files are not read', () => {
  expect(refusal(() => new LanceClient({ tls: { ca: '/etc/lance/ca.pem' } }))).toBe(
    'tls.ca: must be certificates in PEM: their text, not the path of a file, got "something else"',
  );
});

it.each<[string, string, (value: never) => unknown]>([
  ['a stream', 'commitToServer', (value) => lance.consume('events', { commitToServer: value })],
  ['a tail', 'commitToServer', (value) => lance.tail('events', { commitToServer: value })],
  ['a config', 'autoReconnect', (value) => new ProducerConfig().withAutoReconnect(value)],
  [
    'a config for polling',
    'autoReconnect',
    (value) => new StandaloneConfig('me', { topicId: 1 }).withAutoReconnect(value),
  ],
])('a switch of %s is on or off, not a text that says so: %s', (_, option, call) => {
  for (const [value, shown] of [
    ['false', '"false"'],
    ['yes', '"yes"'],
    [1, '1'],
    [null, 'null'],
    [{}, 'an object with nothing in it'],
  ]) {
    expect(refusal(() => call(value as never))).toBe(`${option}: must be true or false, got ${shown as string}`);
  }
});

it.each<[string, string, (value: never) => unknown]>([
  ['a client', 'reconnect.initialMs', (value) => new LanceClient({ reconnect: { initialMs: value } })],
  ['a client', 'reconnect.maxMs', (value) => new LanceClient({ reconnect: { maxMs: value } })],
  ['a producer', 'reconnect.initialMs', (value) => new Producer({ reconnect: { initialMs: value } })],
  ['a topic', 'setRetention.maxAgeMs', (value) => lance.setRetention('events', { maxAgeMs: value })],
  ['a retry', 'initialMs', (value) => retryBackoff({ initialMs: value })],
  ['a poll', 'initialMs', (value) => pollBackoff({ initialMs: value })],
  [
    'a topic',
    'createTopicWithRetention.maxAgeMs',
    (value) => lance.createTopicWithRetention('events', { maxAgeMs: value }),
  ],
])('a duration of %s is a number: %s', (_, option, call) => {
  for (const [value, shown] of [
    [5n, '5n'],
    [-1n, '-1n'],
    ['5', '"5"'],
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [Symbol('5'), 'Symbol(5)'],
    [{}, 'an object with nothing in it'],
  ]) {
    const message = refusal(() => call(value as never));
    expect(message.startsWith(`${option}: must be a number of milliseconds from 0 to `)).toBe(true);
    expect(message.endsWith(`, got ${shown as string}`)).toBe(true);
  }
});

it('a limit of a window that is undefined is left out, as any other option is', () => {
  const none = undefined as never;
  for (const window of [{ deliveries: none }, { bytes: none }, { deliveries: none, bytes: none }]) {
    expect(() => lance.consume('events', { window })).not.toThrow();
    expect(() => lance.tail('events', { window })).not.toThrow();
  }
  expect(refusal(() => lance.consume('events', { window: { deliveries: none, bytes: 0 } }))).toMatch(/^window.bytes: /);
});

it.each([0, -1, 1.5, Number.NaN, 2 ** 32, '5', 'events', null, 5n, {}])('a topicId that is none: %p', (topicId) => {
  const rule = /^topicId: must be an integer from 1 to 4294967295, got /;
  expect(refusal(() => new StandaloneConfig('me', { topicId: topicId as never }))).toMatch(rule);
  const options = { consumerName: 'me', topicId: topicId as never };
  expect(refusal(() => StandaloneConsumer.connect('127.0.0.1', options))).toMatch(rule);
});

it.each([5, null, ['events'], {}])('a topicName that is none: %p', (topicName) => {
  const rule = /^topicName: must be the name of a topic, got /;
  expect(refusal(() => new StandaloneConfig('me', { topicName: topicName as never }))).toMatch(rule);
  const options = { consumerName: 'me', topicName: topicName as never };
  expect(refusal(() => StandaloneConsumer.connect('127.0.0.1', options))).toMatch(rule);
});

it.each([undefined, null, 5, 5n, ['a'], {}])('a name that makes no consumer id: %p', (name) => {
  expect(refusal(() => consumerId(name as never))).toMatch(/^name: must be a text, got /);
});
