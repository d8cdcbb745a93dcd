import { connect, type Socket } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { until } from '../../src/testing.js';
import { really } from '../real-time.js';
import { newFolder } from './storage/folders.js';

const MIB = 1024 * 1024;
const HEAD = 44 + 16;
const CLIENTS = 40;
const MOST = 16 * MIB;

/** Clients who ask for all there is, and read nothing. */
function askers(server: LanceServer, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect({ port: server.port, host: server.host });
    socket.on('error', () => {}).pause();
    socket.write(fetchRequest(1, 0, MOST));
    return socket;
  });
}

/** Who reads one reply after the other. */
class Reader {
  readonly #socket: Socket;
  #frame: Buffer[] = [];
  #bytes = 0;

  constructor(server: LanceServer) {
    this.#socket = connect({ port: server.port, host: server.host });
    this.#socket.on('data', (bytes) => {
      this.#frame.push(bytes);
      this.#bytes += bytes.length;
    });
  }

  /** How many bytes of data a fetch from `start` on brings. */
  async fetch(start: number): Promise<number> {
    this.#socket.write(fetchRequest(1, start, MOST));
    const frame = (): Buffer => Buffer.concat(this.#frame.slice(0, 2));
    await really(until(() => this.#bytes >= HEAD && this.#bytes === 44 + frame().readUInt32LE(32), 20_000));
    const count = frame().readUInt32LE(HEAD - 8);
    this.#frame = [];
    this.#bytes = 0;
    return count;
  }

  close(): void {
    this.#socket.destroy();
  }
}

it.each([['memory'], ['a folder']])(
  'replies from %s that nobody reads have a bound for all connections together, and nobody else has to wait',
  async (place) => {
    const dataDir = place === 'memory' ? undefined : newFolder();
    const server = await firstValueFrom(new LanceServer({ dataDir }).start());
    for (let i = 0; i < 16; i++) server.append('events', Buffer.alloc(MIB, i));
    const { counters } = server;
    const sockets = askers(server, CLIENTS);
    await really(until(() => counters.commands.get(0x10) === CLIENTS, 20_000));
    // There is room for eight that get what they ask for. Nobody is refused: the others get less.
    expect(counters.bytesOut).toBe(HEAD + 8 * MOST + (CLIENTS - 8) * (HEAD + 64 * 1024));
    // Who reads goes on, with smaller pieces.
    const reader = new Reader(server);
    let position = 0;
    for (let i = 0; i < 8; i++) position += await reader.fetch(position);
    expect(position).toBe(8 * 64 * 1024);
    for (const socket of sockets) socket.destroy();
    await really(until(() => counters.connections.open === 1, 20_000));
    expect(await reader.fetch(0)).toBe(MOST);
    reader.close();
    await lastValueFrom(server.stop());
  },
  60_000,
);

it('a client who reads one reply after the other gets all that it asks for, however much that is', async () => {
  const server = await firstValueFrom(new LanceServer().start());
  for (let i = 0; i < 16; i++) server.append('events', Buffer.alloc(MIB, i));
  const reader = new Reader(server);
  for (let i = 0; i < 12; i++) expect(await reader.fetch(0)).toBe(MOST);
  reader.close();
  await lastValueFrom(server.stop());
}, 60_000);
