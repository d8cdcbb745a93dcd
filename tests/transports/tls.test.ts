import dns from 'node:dns';
import { createSecureContext, createServer, type TLSSocket, type TlsOptions as ServerOptions } from 'node:tls';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { tlsFailure } from '../../src/transports/tls-failure.js';
import { tls, type TlsConnectOptions } from '../../src/transports/tls.js';
import { Authority } from './certificates.js';
import { cleanUp, cleanUps, deafPort, host, serve, until } from './loopback.js';
import { pattern, Recorder } from './recorder.js';

afterEach(cleanUp);
afterEach(() => jest.restoreAllMocks());

const authority = new Authority('Test authority');
const stranger = new Authority('Somebody else');
const { cert: ca } = authority;
const local = authority.issue({ name: 'localhost', hosts: ['localhost', host] });

/** A server that speaks TLS as it is told; returns its port. */
async function serveTls(
  options: ServerOptions,
  accept: (socket: TLSSocket, below: Iterable<Socket>) => void = () => {},
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ ...local, ...options }, (socket) =>
    accept(
      socket.on('error', () => {}),
      sockets,
    ),
  );
  // From the first byte on, not from the end of the handshake.
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => {}).listen(0, host);
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const connected = async (options: TlsConnectOptions): Promise<Recorder> => {
  const recorder = new Recorder();
  const opened = Promise.race([until(recorder, 'onOpened'), until(recorder, 'onClosed')]);
  recorder.connect(tls(options));
  await opened;
  cleanUps.push(() => recorder.close());
  return recorder;
};
/** Waits for the end and returns the error that it came with. */
const failure = async (options: TlsConnectOptions): Promise<Recorder['error']> => {
  const recorder = new Recorder();
  const closed = until(recorder, 'onClosed');
  recorder.connect(tls(options));
  await closed;
  return recorder.error;
};

describe('tls: bytes', () => {
  it('carries 16 MiB there and back, in chunks of many sizes', async () => {
    const port = await serveTls({}, (socket) => socket.pipe(socket));
    const total = 16 * 1024 * 1024;
    const sent = pattern(total);
    const recorder = new Recorder();
    const hash = createHash('sha256');
    let at = 0;
    let refused = 0;
    let received = 0;
    const write = (): void => {
      for (let round = 1; at < total; round++) {
        const size = round % 3 === 0 ? 200_000 : (round * 37) % 9_000;
        const chunk = sent.subarray(at, (at += Math.max(1, size)));
        if (recorder.write(chunk)) continue;
        refused++;
        return;
      }
    };
    recorder.onOpened = write;
    recorder.onDrained = write;
    const whole = new Promise<void>((resolve) => {
      recorder.onReceived = (bytes) => {
        hash.update(bytes);
        recorder.chunks.length = 0;
        received += bytes.length;
        if (received >= total) resolve();
      };
    });
    recorder.connect(tls({ host, port, ca }));
    await whole;
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(refused).toBeGreaterThan(0);
    expect(recorder.log.filter((event) => event === 'drained')).toHaveLength(refused);
    recorder.close();
  });

  it('what the peer says at once is not lost, and an orderly end is no error', async () => {
    const port = await serveTls({}, (socket) => socket.end('hello'));
    const recorder = new Recorder(2);
    const closed = until(recorder, 'onClosed');
    recorder.connect(tls({ host, port, ca }));
    await closed;
    expect(recorder.text).toBe('hello');
    expect(recorder.log).toEqual(['opened', 'closed']);
    expect(recorder.error).toBeUndefined();
  });

  it('a connection that breaks is retryable', async () => {
    const port = await serveTls({}, (socket, [below]) => socket.once('data', () => below?.resetAndDestroy()));
    const recorder = await connected({ host, port, ca });
    const closed = until(recorder, 'onClosed');
    recorder.write(Buffer.from('x'));
    await closed;
    expect(recorder.error).toMatchObject({ code: 'CHANNEL', retryable: true, context: { errno: 'ECONNRESET' } });
  });

  it('nothing is told after the own close, in the middle of the handshake too', async () => {
    const port = await serveTls({}, (socket) => socket.write('hello'));
    const early = new Recorder().connect(tls({ host, port, ca }));
    early.close();
    const late = await connected({ host, port, ca });
    late.close();
    await connected({ host, port, ca });
    expect(early.log).toEqual([]);
    expect(late.log).toEqual(['opened']);
  });
});

describe('tls: who the server is', () => {
  it('an authority of its own is trusted when it is named, and not otherwise', async () => {
    const port = await serveTls({});
    expect((await connected({ host, port, ca })).log).toEqual(['opened']);
    expect((await connected({ host, port, ca: [stranger.cert, Buffer.from(ca)] })).log).toEqual(['opened']);
    expect(await failure({ host, port })).toMatchObject({
      code: 'CHANNEL',
      retryable: false,
      message: expect.stringMatching(
        /its certificate is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE: .*\)/,
      ) as string,
      context: { address: `${host}:${port}`, syscall: 'handshake', errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    });
    expect(await failure({ host, port, ca: stranger.cert })).toMatchObject({ retryable: false });
  });

  it('without rejectUnauthorized anybody will do', async () => {
    const port = await serveTls({ ...stranger.issue({ name: 'elsewhere', hosts: ['elsewhere'] }) });
    expect((await connected({ host, port, rejectUnauthorized: false })).log).toEqual(['opened']);
  });

  it.each([
    ['expired', { notAfter: new Date(Date.now() - 60_000) }, 'CERT_HAS_EXPIRED'],
    ['not valid yet', { notBefore: new Date(Date.now() + 3_600_000) }, 'CERT_NOT_YET_VALID'],
    ['for another address', { hosts: ['10.9.8.7', 'localhost'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('a certificate that is %s is refused for good', async (_, options, errno) => {
    const port = await serveTls(authority.issue({ name: 'localhost', hosts: [host], ...options }));
    expect(await failure({ host, port, ca })).toMatchObject({ code: 'CHANNEL', retryable: false, context: { errno } });
  });

  it('the name of the host is asked for and checked; servername says another, an address asks for none', async () => {
    const asked: (string | false | null)[] = [];
    const inside = createSecureContext(authority.issue({ name: 'inside', hosts: ['lance.inside'] }));
    const port = await serveTls(
      { SNICallback: (name, then) => then(null, name === 'lance.inside' ? inside : undefined) },
      (socket) => {
        asked.push(socket.servername);
        socket.write('in');
      },
    );
    const greeted = async (options: { host: string; servername?: string }): Promise<void> => {
      const recorder = new Recorder();
      const received = until(recorder, 'onReceived');
      recorder.connect(tls({ port, ca, ...options }));
      await received;
      recorder.close();
    };
    const found = [{ address: host, family: 4 }];
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((_name: string, _options: object, then: (error: null, all: typeof found) => void) =>
        process.nextTick(then, null, found)) as unknown as typeof dns.lookup);
    await greeted({ host: 'localhost' });
    await greeted({ host: 'lance.inside' });
    await greeted({ host, servername: 'lance.inside' });
    await greeted({ host });
    expect(asked).toEqual(['localhost', 'lance.inside', 'lance.inside', false]);
    expect(await failure({ host: 'lance.outside', port, ca })).toMatchObject({
      context: { errno: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });
});

describe('tls: who the client is', () => {
  const demanding = { ca, requestCert: true, rejectUnauthorized: true };
  const me = authority.issue({ name: 'a client' });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a certificate that the server asks for (%s)', async (version) => {
    const names: unknown[] = [];
    const port = await serveTls({ ...demanding, minVersion: version, maxVersion: version }, (socket) => {
      names.push(socket.getPeerCertificate().subject.CN);
      socket.write('in');
    });
    const recorder = await connected({ host, port, ca, ...me });
    await until(recorder, 'onReceived');
    expect(names).toEqual(['a client']);
    const secret = authority.issue({ name: 'with a passphrase' }, 'open sesame');
    const second = await connected({ host, port, ca, ...secret, passphrase: 'open sesame' });
    await until(second, 'onReceived');
    expect(names).toEqual(['a client', 'with a passphrase']);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'none, under %s, is the end: trying again would not help',
    async (version) => {
      const port = await serveTls({ ...demanding, minVersion: version, maxVersion: version });
      expect(await failure({ host, port, ca })).toMatchObject({
        code: 'CHANNEL',
        retryable: false,
        context: { syscall: 'handshake', errno: expect.stringMatching(/ALERT/) as string },
      });
    },
  );

  it('one that a server refuses without a word looks like any other end', async () => {
    const port = await serveTls(demanding);
    expect(await failure({ host, port, ca, ...stranger.issue({ name: 'a client' }) })).toBeUndefined();
  });
});

describe('tls: when it does not come to that', () => {
  it('nobody there: retryable', async () => {
    const { server, port } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    expect(await failure({ host, port })).toMatchObject({ retryable: true, context: { errno: 'ECONNREFUSED' } });
  });

  it('a server that takes the connection and says nothing: the time is for the handshake too', async () => {
    const { port } = await serve((socket) => socket.resume());
    expect(await failure({ host, port, connectTimeoutMs: 30 })).toMatchObject({
      retryable: true,
      context: { errno: 'ETIMEDOUT' },
    });
    expect(await failure({ host, port: await deafPort(), connectTimeoutMs: 30 })).toMatchObject({
      retryable: true,
      context: { errno: 'ETIMEDOUT' },
    });
  });

  it('a server that closes at the first byte: retryable, for it may be a proxy that restarts, but the likely cause is said', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.end()));
    expect(await failure({ host, port })).toMatchObject({
      code: 'CHANNEL',
      retryable: true,
      message: expect.stringContaining('a server that speaks no TLS') as string,
      context: { errno: 'ECONNRESET', syscall: 'handshake' },
    });
  });

  it('a server that answers in another language, or in another version of this one: not retryable', async () => {
    const { port } = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await failure({ host, port })).toMatchObject({
      code: 'CHANNEL',
      retryable: false,
      context: { syscall: 'handshake' },
    });
    const old = await serveTls({ maxVersion: 'TLSv1.2' });
    expect((await connected({ host, port: old, ca })).log).toEqual(['opened']);
    expect(await failure({ host, port: old, ca, minVersion: 'TLSv1.3' })).toMatchObject({ retryable: false });
  });

  it.each([
    [
      'refuses first',
      [
        { address: '::1', family: 6 },
        { address: host, family: 4 },
      ],
    ],
    ['is the only one', [{ address: host, family: 4 }]],
  ])('of the addresses of a name, one %s', async (_, addresses) => {
    const port = await serveTls({}, (socket) => socket.write('in'));
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((_name: string, _options: object, then: (error: null, all: typeof addresses) => void) =>
        process.nextTick(then, null, addresses)) as unknown as typeof dns.lookup);
    const recorder = await connected({ host: 'localhost', port, ca });
    await until(recorder, 'onReceived');
    expect(recorder.text).toBe('in');
  });
});

describe('tls: what an error means', () => {
  const failureOf = (code: string, isOpen: boolean, isUntrusted = false): boolean | undefined =>
    tlsFailure('there:1', Object.assign(new Error('what Node says'), { code }), { isOpen, isUntrusted })?.retryable;

  it.each([
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
    'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
  ])('%s: the peer does not want this client, before and after the handshake', (code) => {
    expect([failureOf(code, false), failureOf(code, true)]).toEqual([false, false]);
  });

  it('damage on the way ends a connection like any other, once it was open', () => {
    const damage = 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC';
    expect([failureOf(damage, false), failureOf(damage, true)]).toEqual([false, undefined]);
  });

  it('what the system reports is left to whoever knows it', () => {
    expect(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT'].map((code) => failureOf(code, false))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(failureOf('ECONNRESET', true)).toBeUndefined();
    expect(failureOf('ECONNRESET', false)).toBe(true);
  });

  it('any verdict over the certificate is the last word', () => {
    expect([failureOf('INVALID_PURPOSE', false, true), failureOf('SOMETHING_NEW', false, true)]).toEqual([
      false,
      false,
    ]);
  });
});

describe('tls: options', () => {
  const refusal = (options: object): InvalidOptionError => {
    try {
      tls({ host, port: 1992, ...options });
    } catch (error) {
      if (error instanceof InvalidOptionError) return error;
      throw error;
    }
    throw new Error('it was not refused');
  };

  it.each([
    ['host', { host: '' }],
    ['port', { port: 0 }],
    ['connectTimeoutMs', { connectTimeoutMs: -1 }],
    ['tls.ca', { ca: 'no certificate' }],
    ['tls.ca', { ca: '' }],
    ['tls.ca', { ca: [] }],
    ['tls.ca', { ca: [ca, 5] }],
    ['tls.ca', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
    ['tls.cert', { cert: local.cert }],
    ['tls.key', { key: local.key }],
    ['tls', { cert: 'no certificate', key: local.key }],
    ['tls', { cert: local.cert, key: 'no key' }],
    ['tls', { cert: local.cert, key: authority.issue({ name: 'another' }).key }],
    ['tls', { ...authority.issue({ name: 'secret' }, 'open sesame'), passphrase: 'wrong' }],
    ['tls.servername', { servername: host }],
    ['tls.servername', { servername: '' }],
    ['tls.rejectUnauthorized', { rejectUnauthorized: 'no' }],
    ['tls.minVersion', { minVersion: 'TLSv1' }],
    ['tls.secureContext', { secureContext: {} }],
    ['tls.secureContext', { secureContext: createSecureContext(), ca }],
    ['tls.cs', { cs: ca }],
  ])('%s is refused before anything is sent', (option, options) => {
    expect(refusal(options).context['option']).toBe(option);
  });

  it('neither a key nor a passphrase stands in an error', () => {
    const { message, context } = refusal({ cert: local.cert, key: 'my secret key', passphrase: 'open sesame' });
    expect(message + JSON.stringify(context)).not.toMatch(/my secret|sesame/);
  });

  it('a context made elsewhere is used as it is', async () => {
    const port = await serveTls({});
    const secureContext = createSecureContext({ ca });
    expect((await connected({ host, port, secureContext })).log).toEqual(['opened']);
  });
});
