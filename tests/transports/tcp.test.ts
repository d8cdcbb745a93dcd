import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { tcp } from '../../src/transports/tcp.js';
import { cleanUp, host, serve, until } from './loopback.js';
import { pattern, Recorder } from './recorder.js';

afterEach(cleanUp);

const sha = (chunks: Iterable<Uint8Array>): string => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

describe('tcp: bytes', () => {
  it('carries 64 MiB there and back, in chunks of random sizes', async () => {
    const { port } = await serve((socket) => socket.pipe(socket));
    const total = 64 * 1024 * 1024;
    const sent = pattern(1 << 20);
    const chunks: Uint8Array[] = [];
    for (let bytes = 0, seed = 7; bytes < total;) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      // Half of them small enough to be gathered, the rest up to the whole pattern.
      const size = seed & 0x10000 ? 1 + (seed % 4_096) : 1 + (seed % sent.length);
      const chunk = sent.subarray(0, Math.min(size, total - bytes));
      chunks.push(chunk);
      bytes += chunk.length;
    }
    const recorder = new Recorder();
    const hash = createHash('sha256');
    let received = 0;
    let refused = 0;
    let next = 0;
    const write = (): void => {
      while (next < chunks.length) {
        if (recorder.write(chunks[next++]!)) continue;
        refused += 1;
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
    recorder.connect(tcp({ host, port }));
    await whole;
    expect(received).toBe(total);
    expect(hash.digest('hex')).toBe(sha(chunks));
    expect(refused).toBeGreaterThan(0);
    expect(recorder.log.filter((event) => event === 'drained')).toHaveLength(refused);
    expect(recorder.log).not.toContain('closed');
    recorder.close();
  });

  it('reads into what the owner offers, however small', async () => {
    const { port } = await serve((socket) => socket.end(pattern(5_000)));
    const recorder = new Recorder(7).connect(tcp({ host, port }));
    await until(recorder, 'onClosed');
    expect(Math.max(...recorder.chunks.map((chunk) => chunk.length))).toBe(7);
    expect(sha(recorder.chunks)).toBe(sha([pattern(5_000)]));
  });

  it('keeps the order of small and large frames, and of those written before it was open', async () => {
    const received: Uint8Array[] = [];
    const { port } = await serve((socket) =>
      socket.on('data', (data) => received.push(data)).once('end', () => socket.end()),
    );
    const recorder = new Recorder().connect(tcp({ host, port }));
    const sizes = [10, 20, 100_000, 30, 16_384, 16_385, 1, 200_000, 5];
    const frames = sizes.map((size, seed) => pattern(size, seed));
    for (const frame of frames.slice(0, 4)) recorder.write(frame);
    await until(recorder, 'onOpened');
    for (const frame of frames.slice(4)) recorder.write(frame);
    const total = sizes.reduce((sum, size) => sum + size);
    while (Buffer.concat(received).length < total) await turn();
    expect(sha(received)).toBe(sha(frames));
    recorder.close();
  });

  it('sends small frames of one tick together', async () => {
    const pieces: number[] = [];
    const { port } = await serve((socket) => socket.on('data', (data) => pieces.push(data.length)));
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    for (let frame = 0; frame < 50; frame += 1) recorder.write(pattern(100, frame));
    while (pieces.reduce((sum, length) => sum + length, 0) < 5_000) await turn();
    expect(pieces).toEqual([5_000]);
    recorder.close();
  });

  it('sends at once, whatever Nagle would say', async () => {
    // The peer answers only when it has both halves: with Nagle, the second waits 40 ms for its delayed acknowledgement.
    const { port } = await serve((socket) => {
      let received = 0;
      socket.on('data', (data) => {
        received += data.length;
        if (received % 144 === 0) socket.write('answer');
      });
    });
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    const rounds: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      const before = performance.now();
      recorder.write(pattern(44));
      await turn();
      recorder.write(pattern(100));
      await until(recorder, 'onReceived');
      rounds.push(performance.now() - before);
    }
    expect(rounds.toSorted((a, b) => a - b)[15]).toBeLessThan(20);
    recorder.close();
  });

  it('says true when the system has taken everything, also of small frames, and then never drained', async () => {
    const { port } = await serve((socket) => socket.resume());
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    // More than Node's own mark at once, then more than ours in small frames.
    const answers = [recorder.write(pattern(20_000))];
    for (let frame = 0; frame < 256; frame += 1) answers.push(recorder.write(pattern(1_024)));
    expect(answers.indexOf(false)).toBe(-1);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(recorder.log).toEqual(['opened']);
    recorder.close();
  });

  it('tells drained never in the turn in which it said false, so that others get theirs', async () => {
    const { port } = await serve((socket) => socket.resume());
    const recorder = new Recorder().connect(tcp({ host, port }));
    const frame = pattern(1_024);
    let written = 0;
    let turns = 0;
    let falseIn = -1;
    const drainedAfter: number[] = [];
    const write = (): void => {
      while (written < 50_000 && recorder.write(frame)) written += 1;
      falseIn = turns;
    };
    recorder.onOpened = write;
    recorder.onDrained = () => {
      drainedAfter.push(turns - falseIn);
      write();
    };
    for (; written < 50_000; turns += 1) await turn();
    expect(drainedAfter.length).toBeGreaterThan(0);
    expect(Math.min(...drainedAfter)).toBeGreaterThan(0);
    recorder.close();
  });

  it('says false while the peer does not read, and drained once it has read', async () => {
    let peer: Socket | undefined;
    const { port } = await serve((socket) => {
      peer = socket.pause();
    });
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    const block = pattern(1 << 20);
    let blocks = 1;
    while (recorder.write(block)) blocks += 1;
    await turn();
    // What the system took may have been less than it seemed in the same tick: fill it for good.
    expect(recorder.write(block)).toBe(false);
    blocks += 1;
    const drained = until(recorder, 'onDrained');
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(recorder.log).toEqual(['opened']);
    let read = 0;
    peer?.on('data', (data) => (read += data.length)).resume();
    await drained;
    expect(recorder.write(pattern(10))).toBe(true);
    while (read < blocks * block.length + 10) await turn();
    expect(recorder.log).toEqual(['opened', 'drained']);
    recorder.close();
  });
});

describe('tcp: close()', () => {
  it('is silent, at any time, and safe to call twice', async () => {
    const live = { accepted: 0, ended: 0 };
    const { port } = await serve((socket) => {
      live.accepted += 1;
      socket.once('close', () => (live.ended += 1)).write(pattern(1 << 20));
      socket.once('end', () => socket.end()).resume();
    });
    const early = new Recorder().connect(tcp({ host, port }));
    early.close();
    const late = new Recorder();
    late.onReceived = () => {
      late.close();
      late.close();
    };
    late.connect(tcp({ host, port }));
    while (live.accepted === 0 || live.ended < live.accepted) await turn();
    expect(early.log).toEqual([]);
    expect(early.chunks).toEqual([]);
    expect(late.log).toEqual(['opened']);
    expect(late.chunks).toHaveLength(1);
    expect(late.write(pattern(1))).toBe(false);
  });

  it('still hands over what was written in the same tick', async () => {
    let text = '';
    const { port } = await serve((socket) => {
      socket.on('data', (data) => (text += data.toString())).once('end', () => socket.end());
    });
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    recorder.write(Buffer.from('last '));
    recorder.write(Buffer.from('words'));
    recorder.close();
    while (text.length < 10) await turn();
    expect(text).toBe('last words');
  });
});

describe('tcp: a peer that vanishes', () => {
  it('is asked for by the system after a minute of silence', async () => {
    const asked = jest.spyOn(Socket.prototype, 'setKeepAlive');
    const { port } = await serve((socket) => socket.resume());
    const recorder = new Recorder().connect(tcp({ host, port }));
    await until(recorder, 'onOpened');
    expect(asked.mock.calls).toEqual([[true, 60_000]]);
    asked.mockRestore();
    recorder.close();
  });
});

describe('tcp: options', () => {
  it('names the place', () => {
    expect(tcp({ host, port: 1_992 }).address).toBe('127.0.0.1:1992');
    expect(tcp({ host: '::1', port: 1_992 }).address).toBe('[::1]:1992');
  });

  it.each([
    ['host', { host: '', port: 1 }],
    ['port', { host, port: 0 }],
    ['port', { host, port: 65_536 }],
    ['connectTimeoutMs', { host, port: 1, connectTimeoutMs: -1 }],
  ])('refuses a bad %s', (option, options) => {
    expect(() => tcp(options)).toThrow(InvalidOptionError);
    expect(() => tcp(options)).toThrow(new RegExp(`^${option}: `));
  });
});
