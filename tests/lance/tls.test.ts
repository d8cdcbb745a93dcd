import { createSecureContext, type TlsOptions as ServerOptions } from 'node:tls';
import { concatMap, firstValueFrom, map, takeWhile, tap, toArray } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import { raw } from '../../src/codecs/payload/raw.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { LanceClientOptions } from '../../src/observables/lance/connection/client-options.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { tcp } from '../../src/transports/tcp.js';
import { Authority } from '../transports/certificates.js';
import { checksum, eventually, expectNothingUnhandled, finished, payloads, QUICK } from './scene.js';
import { TlsProxy } from './tls-proxy.js';

expectNothingUnhandled();

const authority = new Authority('Test authority');
const local = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] });
const me = authority.issue({ name: 'a client' });
const { cert: ca } = authority;

interface Scene {
  readonly server: LanceServer;
  readonly proxy: TlsProxy;
  newClient(options?: LanceClientOptions): LanceClient;
}

async function behindTls(test: (scene: Scene) => Promise<void>, options: ServerOptions = {}): Promise<void> {
  const server = new LanceServer();
  await finished(server.start());
  const proxy = await new TlsProxy(server.port, { ...local, ...options }).start();
  const clients: LanceClient[] = [];
  const newClient = (own: LanceClientOptions = {}): LanceClient => {
    const client = new LanceClient({ port: proxy.port, tls: { ca }, reconnect: QUICK, ...own });
    clients.push(client);
    return client;
  };
  try {
    await test({ server, proxy, newClient });
  } finally {
    await Promise.all(clients.map((client) => finished(client.close({ deadlineMs: 0 }))));
    await proxy.stop();
    await finished(server.stop());
  }
}

const contents = (client: LanceClient, count: number, options = {}): Promise<Uint8Array[] | undefined> => {
  let left = count;
  return finished(
    client.consume('log', { maxFetchBytes: 50_000, ...options }).pipe(
      autoAck(),
      records(),
      map((record) => record.copy()),
      takeWhile(() => --left > 0, true),
      toArray(),
    ),
  );
};

describe('through a proxy that terminates TLS', () => {
  it('commands, a producer, a sink and a consumer', async () => {
    await behindTls(async ({ proxy, newClient }) => {
      const client = newClient();
      const topic = (await finished(client.createTopic('log')))!;
      expect(await finished(client.getTopic('log'))).toMatchObject({ id: topic.id });
      expect(await finished(client.ping())).toBeGreaterThanOrEqual(0);
      const sent = payloads(3000, (i) => (i * 7919) % 3_000);
      const producer = (await finished(
        Producer.connect(`127.0.0.1:${proxy.port}`, { tls: { ca }, reconnect: QUICK }),
      ))!;
      await finished(producer.sendBatch('log', sent.slice(0, 1000)));
      await finished(producer.close());
      await finished(client.sink<Uint8Array>('log', { codec: raw() })(sent.slice(1000)));
      expect(checksum((await contents(client, sent.length))!)).toBe(checksum(sent));
    });
  });

  it('one that dies in the middle of it all is connected to again: nothing is lost, and what is read is in order', async () => {
    await behindTls(async ({ proxy, newClient }) => {
      const client = newClient();
      await finished(client.createTopic('log'));
      const sent = payloads(4000, () => 500);
      let cuts = 0;
      const receipts = client
        .sink<Uint8Array>('log', { codec: raw(), batchSize: 20_000 })(sent)
        .pipe(
          tap(() => {
            if (cuts < 3) setImmediate(() => proxy.cut());
            cuts++;
          }),
        );
      await finished(receipts);
      expect(cuts).toBeGreaterThan(3);

      let batches = 0;
      const read = await finished(
        client.consume('log', { until: 'end', maxFetchBytes: 50_000 }).pipe(
          tap(() => {
            if (++batches % 10 === 0) proxy.cut();
          }),
          autoAck(),
          records(),
          map((record) => record.copy()),
          toArray(),
        ),
      );
      const numbers = read!.map((record) => Buffer.from(record).readUInt32LE(0));
      // What was not acknowledged when the proxy died was sent again, and may stand there twice.
      expect(new Set(numbers).size).toBe(sent.length);
      expect(batches).toBeGreaterThan(30);
      const repeated = numbers.filter((number, i) => i > 0 && number <= numbers[i - 1]!);
      expect(repeated.length).toBeLessThanOrEqual(3);
    });
  });

  it('a proxy that is away for a while is waited for', async () => {
    await behindTls(async ({ proxy, newClient }) => {
      const client = newClient();
      await finished(client.createTopic('log'));
      const stream = client.consume('log', { codec: raw() });
      const reasons: string[] = [];
      const seen: number[] = [];
      stream.status$.subscribe((status) => reasons.push(...status.reasons));
      const reading = stream.pipe(autoAck(), records()).subscribe((record) => seen.push(record.value.length));
      await finished(client.sink<Uint8Array>('log', { codec: raw() })([Buffer.from('one')]));
      await eventually(() => seen.length === 1);
      await proxy.stop();
      await eventually(() => reasons.includes('reconnecting'));
      await proxy.start();
      await finished(client.sink<Uint8Array>('log', { codec: raw() })([Buffer.from('second')]));
      await eventually(() => seen.length === 2);
      reading.unsubscribe();
      expect(seen).toEqual([3, 6]);
    });
  });

  it('the host is the name that is asked for; servername says another', async () => {
    const inside = createSecureContext(authority.issue({ name: 'inside', hosts: ['lance.inside'] }));
    await behindTls(
      async ({ proxy, newClient }) => {
        await finished(newClient({ host: 'localhost' }).ping());
        await finished(newClient({ tls: { ca, servername: 'lance.inside' } }).ping());
        await finished(newClient().ping());
        expect(proxy.names).toEqual(['localhost', 'lance.inside', false]);
      },
      { SNICallback: (name, then) => then(null, name === 'lance.inside' ? inside : undefined) },
    );
  });
});

describe('what the proxy or the client does not accept is an error at once, not a reason to go on trying', () => {
  /** A stream and a producer would otherwise try again for ever. */
  const refusals = async (port: number, tls: LanceClientOptions['tls']): Promise<unknown[]> => {
    const options: LanceClientOptions = { port, reconnect: QUICK, ...(tls === undefined ? {} : { tls }) };
    const client = new LanceClient(options);
    const attempts = [
      finished(client.listTopics()),
      finished(client.consume(1)),
      finished(client.sink<Uint8Array>(1, { codec: raw() })([Buffer.from('x')])),
      finished(Producer.connect(`127.0.0.1:${port}`, options).pipe(concatMap((producer) => producer.send(1, 'x')))),
    ];
    const settled = await Promise.allSettled(attempts);
    await finished(client.close({ deadlineMs: 0 }));
    return settled.map((each) => (each.status === 'rejected' ? (each.reason as unknown) : 'accepted'));
  };
  const forGood = (errno: string | RegExp): object =>
    expect.objectContaining({
      retryable: false,
      context: expect.objectContaining({ errno: expect.stringMatching(errno) as string }) as object,
    }) as object;

  it('a certificate of an authority that is not trusted', async () => {
    await behindTls(async ({ proxy }) => {
      const errors = await refusals(proxy.port, true);
      expect(errors).toEqual(errors.map(() => forGood('UNABLE_TO_VERIFY_LEAF_SIGNATURE')));
      expect(errors[0]).toBeInstanceOf(ConnectionError);
    });
  });

  it('a certificate that has expired', async () => {
    const old = authority.issue({ name: 'localhost', hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 1000) });
    await behindTls(async ({ proxy }) => {
      const errors = await refusals(proxy.port, { ca });
      expect(errors).toEqual(errors.map(() => forGood('CERT_HAS_EXPIRED')));
    }, old);
  });

  it('a client certificate: shown it is let in, without it is not', async () => {
    await behindTls(
      async ({ proxy, newClient }) => {
        await finished(newClient({ tls: { ca, ...me } }).ping());
        const errors = await refusals(proxy.port, { ca });
        expect(errors).toEqual(errors.map(() => forGood(/^ERR_SSL_.*ALERT/)));
      },
      { ca, requestCert: true },
    );
  });

  it('a server that speaks no TLS closes at once, and the error says so', async () => {
    await behindTls(async ({ server }) => {
      const client = new LanceClient({ port: server.port, tls: { ca } });
      const error: unknown = await finished(client.ping()).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({
        retryable: true,
        message: expect.stringContaining('as a server that speaks no TLS would') as string,
      });
      await finished(client.close());
    });
  });

  it('a client that speaks no TLS to a proxy that wants it', async () => {
    await behindTls(async ({ proxy }) => {
      const client = new LanceClient({ port: proxy.port });
      await expect(finished(client.ping())).rejects.toBeInstanceOf(ConnectionError);
      await finished(client.close());
    });
  });
});

describe('options', () => {
  it.each<[string, LanceClientOptions]>([
    ['tls', { tls: 'yes' as never }],
    ['tls', { tls: null as never }],
    ['tls', { tls: {}, connector: tcp({ host: 'localhost', port: 1 }) }],
    ['tls', { tls: true, connectorTo: (address) => tcp(address) }],
    ['tls.ca', { tls: { ca: 'no certificate' } }],
    ['tls.CA', { tls: { CA: ca } as never }],
  ])('%s', (option, options) => {
    let error: unknown;
    try {
      new LanceClient(options);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).context['option']).toBe(option);
  });

  it('a name that stays away opens nothing', async () => {
    await behindTls(async ({ proxy, newClient }) => {
      newClient();
      await firstValueFrom(newClient().ping());
      expect(proxy.names).toHaveLength(1);
    });
  });
});
