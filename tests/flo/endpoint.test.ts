import { parseEndpoint } from '../../src/observables/flo/endpoint.js';
import { json } from '../../src/codecs/payload/json.js';
import type { FloClientOptions } from '../../src/observables/flo/client-options.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';

describe('an endpoint', () => {
  it.each([
    ['127.0.0.1:9000', '127.0.0.1', 9000],
    ['localhost:1', 'localhost', 1],
    ['[::1]:9000', '::1', 9000],
    ['flo://host.example:65535', 'host.example', 65_535],
    ['flo://[fe80::1%eth0]:9000/some/path', 'fe80::1%eth0', 9000],
    ['FLO://host:9000/', 'host', 9000],
  ])('%s', (endpoint, host, port) => {
    expect(parseEndpoint(endpoint)).toEqual({ host, port });
  });

  it.each([
    '',
    'host',
    'host:',
    ':9000',
    'host:0',
    'host:65536',
    'host:9000/path',
    '::1:9000',
    'http://host:9000',
    'flos://host:9000',
    'two words:9000',
    'host:9000:1',
    7 as never,
  ])('%p is refused, naming the option', (endpoint) => {
    expect(() => new FloClient(endpoint)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('endpoint') }),
    );
  });
});

describe('options of a client', () => {
  it.each<[string, FloClientOptions]>([
    ['protocol', { protocol: 'v1-24' as never }],
    ['ttlUnit', { ttlUnit: 'h' as never }],
    ['ttlUnit: has no effect in v2-table', { ttlUnit: 's', protocol: 'v2-table' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 3_000_000_000 }],
    ['namespace', { namespace: 'a\0b' }],
    ['namespace', { namespace: 'x'.repeat(256) }],
    ['reconnect.maxMs', { reconnect: { initialMs: 10, maxMs: 5 } }],
  ])('%s out of range: %p', (option, options) => {
    expect(() => new FloClient('host:1', options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(option) }),
    );
  });
});

describe('options of a stream of messages', () => {
  const { queue } = new FloClient('host:1');
  it.each([
    ['queue', '', {}],
    ['namespace', 'q', { namespace: '\0' }],
    ['blockMs', 'q', { blockMs: 0 }],
    ['blockMs', 'q', { blockMs: 300_001 }],
    ['visibilityTimeoutMs', 'q', { visibilityTimeoutMs: 0 }],
    ['maxLeaseMs', 'q', { maxLeaseMs: 0.5 }],
    ['window.deliveries', 'q', { window: { deliveries: 0 } }],
    ['window: must be', 'q', { window: 5 as never }],
    ['window.size', 'q', { window: { size: 3 } as never }],
    ['codec: must be a codec such as json()', 'q', { codec: 'json' as never }],
    ['codec: must be a codec such as json()', 'q', { codec: json as never }],
    ['reconnect.initialMs', 'q', { reconnect: { initialMs: -1 } }],
  ])('%s out of range', (option, name, options) => {
    expect(() => queue.messages(name, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(option) }),
    );
  });
});
