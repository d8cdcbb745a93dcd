import dns from 'node:dns';
import { setImmediate as turn } from 'node:timers/promises';
import { config } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import { tcp } from '../../src/transports/tcp.js';
import { cleanUp, cleanUps, deafPort, host, serve, until } from './loopback.js';
import { pattern, Recorder } from './recorder.js';

afterEach(async () => {
  jest.restoreAllMocks();
  await cleanUp();
});

describe('tcp: ending', () => {
  it('is closed without an error when the peer ends its half, after the last byte', async () => {
    const { port } = await serve((socket) => socket.end('goodbye'));
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onClosed');
    expect(recorder.text).toBe('goodbye');
    expect(recorder.error).toBeUndefined();
    await turn();
    await turn();
    expect(recorder.log).toEqual(['opened', 'closed']);
    expect(recorder.write(pattern(1))).toBe(false);
  });

  it('is closed by a peer that ends its half while our bytes are stuck', async () => {
    const { port } = await serve((socket) => {
      socket.pause();
      setImmediate(() => socket.end());
    });
    const recorder = new Recorder();
    recorder.onOpened = () => {
      while (recorder.write(pattern(1 << 20)));
    };
    recorder.connect(tcp({ host, port }));
    await until(recorder, 'onClosed');
    expect(recorder.error).toBeUndefined();
  });

  it('is closed with ECONNRESET when the peer resets', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    recorder.write(pattern(10));
    await until(recorder, 'onClosed');
    await turn();
    expect(recorder.log).toEqual(['opened', 'closed']);
    expect(recorder.error).toBeInstanceOf(ChannelError);
    expect(recorder.error?.context).toEqual({ address: `${host}:${port}`, syscall: 'read', errno: 'ECONNRESET' });
    expect(recorder.error?.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is closed with ECONNREFUSED when nobody listens', async () => {
    const { server, port } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onClosed');
    expect(recorder.log).toEqual(['closed']);
    expect(recorder.error).toBeInstanceOf(SluiceError);
    expect(recorder.error).toMatchObject({ code: 'CHANNEL', retryable: true });
    expect(recorder.error?.message).toBe(`${host}:${port}: connect ECONNREFUSED`);
    expect(recorder.error?.context).toEqual({ address: `${host}:${port}`, syscall: 'connect', errno: 'ECONNREFUSED' });
  });

  it('goes through the addresses of a name', async () => {
    const { port } = await serve((socket) => socket.end('found'));
    resolveTo('::1', '127.0.0.1');
    const recorder = new Recorder().connect(tcp({ host: 'sluice.test', port }));
    await until(recorder, 'onClosed');
    expect(recorder.log).toEqual(['opened', 'closed']);
    expect(recorder.text).toBe('found');
  });

  it('reports the first of the failures of a name', async () => {
    const { server, port } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    resolveTo('127.0.0.1', '::1');
    const recorder = new Recorder().connect(tcp({ host: 'sluice.test', port }));
    await until(recorder, 'onClosed');
    const address = `sluice.test:${port}`;
    expect(recorder.error?.context).toEqual({ address, syscall: 'connect', errno: 'ECONNREFUSED' });
    expect(recorder.error?.cause).toHaveProperty('errors.length', 2);
  });

  it('gives up after connectTimeoutMs', async () => {
    const port = await deafPort();
    const recorder = new Recorder().connect(tcp({ host, port, connectTimeoutMs: 50 }));
    const before = performance.now();
    await until(recorder, 'onClosed');
    expect(performance.now() - before).toBeGreaterThan(40);
    expect(recorder.log).toEqual(['closed']);
    expect(recorder.error?.context).toEqual({ address: `${host}:${port}`, syscall: 'connect', errno: 'ETIMEDOUT' });
  });

  it('cancels its timeout once it is open, closed or refused', async () => {
    const after = jest.spyOn(clock, 'after');
    const { server, port } = await serve((socket) => socket.resume().once('end', () => socket.end()));
    const opened = new Recorder().connect(tcp({ host, port }));
    await until(opened, 'onOpened');
    expect(after.mock.results[0]?.value.closed).toBe(true);
    new Recorder().connect(tcp({ host, port })).close();
    opened.close();
    await new Promise((resolve) => server.close(resolve));
    const refused = new Recorder().connect(tcp({ host, port }));
    await until(refused, 'onClosed');
    expect(after.mock.results.map(({ value }) => value.closed)).toEqual([true, true, true]);
  });
});

describe('tcp: an owner that throws', () => {
  it.each(['opened', 'target', 'received', 'drained'] as const)(
    'out of %s() is reported, and told that it is closed',
    async (event) => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      cleanUps.push(() => (config.onUnhandledError = null));
      const { port } = await serve((socket) => {
        socket.on('data', () => {}).write(pattern(100_000));
      });
      const recorder = new Recorder();
      const bug = new TypeError('a bug of the owner');
      recorder.onOpened = () => {
        while (recorder.write(pattern(1 << 20)));
      };
      const thrower = jest.spyOn(recorder, event).mockImplementation(() => {
        throw bug;
      });
      recorder.connect(tcp({ host, port }));
      await until(recorder, 'onClosed');
      while (reported.length === 0) await turn();
      expect(reported).toEqual([bug]);
      expect(thrower).toHaveBeenCalledTimes(1);
      expect(recorder.error).toBeInstanceOf(ChannelError);
      expect(recorder.error).toMatchObject({ retryable: false, cause: bug });
      expect(recorder.log.filter((told) => told === 'closed')).toHaveLength(1);
    },
  );
});

describe('tcp: an owner that closes and throws', () => {
  it('is reported, but not told that it is closed', async () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    cleanUps.push(() => (config.onUnhandledError = null));
    const { port } = await serve((socket) => socket.resume());
    const recorder = new Recorder();
    recorder.onOpened = () => {
      recorder.close();
      throw new TypeError('a bug of the owner');
    };
    recorder.connect(tcp({ host, port }));
    while (reported.length === 0) await turn();
    expect(recorder.log).toEqual(['opened']);
  });
});

/** Makes every name stand for these addresses. */
function resolveTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = (_name: string, _options: object, then: (error: null, all: typeof found) => void): void =>
    process.nextTick(then, null, found);
  jest.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}
