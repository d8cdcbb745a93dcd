import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tap } from 'rxjs';
import { LanceServer, type LanceServerOptions } from '../../src/embedded/lance/lance-server.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { eventually, finished, tlv } from '../lance/scene.js';
import { Program } from './lance-programs.js';

const texts = (...values: string[]): Uint8Array => tlv(values.map((value) => Buffer.from(value)));

async function withProgram(
  name: string,
  args: readonly string[],
  test: (program: Program, server: LanceServer) => Promise<void>,
  { prepare = () => {}, ...options }: LanceServerOptions & { prepare?: (server: LanceServer) => void } = {},
): Promise<void> {
  const server = new LanceServer(options);
  await finished(server.start());
  prepare(server);
  const program = new Program(name, `127.0.0.1:${server.port}`, ...args);
  try {
    await test(program, server);
  } finally {
    program.kill();
    await program.ended;
    await finished(server.stop());
  }
}

describe('lance-tail.ts', () => {
  it('prints what comes, also after the server was away, until it is asked to stop', async () => {
    await withProgram(
      'lance-tail.ts',
      ['events'],
      async (program, server) => {
        let sent = 0;
        const send = (): boolean => {
          server.append('events', texts(`record ${sent++}`));
          return program.lines.length > 0;
        };
        await eventually(send, 20_000);
        const [first = ''] = program.lines;
        const from = Number(first.split(' ').at(-1));
        expect(from).toBeGreaterThanOrEqual(0);
        await finished(server.stop());
        await finished(server.start());
        server.append('events', texts('the last one'));
        await eventually(() => program.lines.at(-1)?.endsWith(': the last one') === true, 20_000);
        const numbers = program.lines.slice(0, -1).map((line) => Number(line.split(' ').at(-1)));
        expect(numbers).toEqual(Array.from({ length: sent - from }, (_, i) => from + i));
        // What was there before is not printed.
        expect(program.lines.some((line) => line.endsWith('old'))).toBe(false);
        program.stop();
        expect(await program.ended).toBe(0);
        expect(program.errors).toEqual([]);
      },
      { prepare: (server) => void server.append('events', texts('old')) },
    );
  }, 60_000);
});

describe('lance-replay.ts', () => {
  const prepare = (server: LanceServer): void => void server.append('events', texts('a', 'bb', 'ccc', 'dd', 'e'));

  it.each([
    [[], ['0: a', '6: bb', '13: ccc', '21: dd', '28: e']],
    [
      ['6', '21'],
      ['6: bb', '13: ccc'],
    ],
    [['28', 'end'], ['28: e']],
    // A record that begins before the end of the range belongs to it.
    [
      ['6', '14'],
      ['6: bb', '13: ccc'],
    ],
  ])(
    '%j',
    async (range, lines) => {
      await withProgram(
        'lance-replay.ts',
        ['events', ...range],
        async (program) => {
          expect(await program.ended).toBe(0);
          expect(program.lines).toEqual(lines);
          expect(program.errors).toEqual([`lance-replay: ${lines.length} records`]);
        },
        { prepare },
      );
    },
    60_000,
  );

  it('says what is wrong', async () => {
    await withProgram('lance-replay.ts', ['nowhere'], async (program) => {
      expect(await program.ended).toBe(1);
      expect(program.errors.join('\n')).toContain('lance-replay: there is no topic "nowhere"');
    });
  }, 60_000);
});

describe('lance-file.ts', () => {
  it('writes 200 MB in bounded memory, byte for byte', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-lance-file-'));
    const file = join(folder, 'large.bin');
    const written = createHash('sha256');
    const descriptor = openSync(file, 'w');
    const megabyte = Buffer.alloc(1 << 20);
    for (let i = 0; i < 200; i++) {
      randomFillSync(megabyte);
      written.update(megabyte);
      writeSync(descriptor, megabyte);
    }
    closeSync(descriptor);
    try {
      await withProgram(
        'lance-file.ts',
        ['files', file],
        async (program, server) => {
          expect(await program.ended).toBe(0);
          const [records, memory = ''] = program.lines;
          expect(records).toBe('3200 records acknowledged');
          expect(Number.parseInt(memory, 10)).toBeLessThan(120);
          const read = createHash('sha256');
          const client = new LanceClient({ port: server.port });
          const hashed = client.consume('files', { until: 'end' }).pipe(
            autoAck(),
            tap((batch) => {
              for (let i = 0; i < batch.length; i++) read.update(batch.bytes(i));
            }),
          );
          await finished(hashed);
          await finished(client.close());
          expect(read.digest('hex')).toBe(written.digest('hex'));
        },
        { dataDir: join(folder, 'data') },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});

describe('lance-survive.ts', () => {
  it('loses nothing when the server is killed', async () => {
    const program = new Program('lance-survive.ts');
    try {
      expect([await program.ended, program.errors]).toEqual([0, []]);
      expect(program.lines[0]).toBe('20000 numbers acknowledged, the server was killed 3 times');
      expect(program.lines[1]).toMatch(/^0 lost, \d+ read twice$/);
    } finally {
      program.kill();
    }
  }, 120_000);
});
