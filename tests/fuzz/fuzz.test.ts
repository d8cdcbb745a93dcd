import { spawnSync } from 'node:child_process';
import { crc32 } from 'node:zlib';
import { Dice } from '../../soak/dice.js';
import { campaign } from '../../fuzz/campaign.js';
import { Corpus } from '../../fuzz/corpus.js';
import { expectedFrames } from '../../fuzz/expected-frames.js';
import { fuzzCase } from '../../fuzz/fuzz-case.js';
import { mutated, seal } from '../../fuzz/mutations.js';
import { again, failure, summary } from '../../fuzz/report.js';
import { Tally } from '../../fuzz/tally.js';
import { FuzzFailure, WORLD_CASES, worldOf } from '../../fuzz/world.js';
import { MemoryInUse } from '../../fuzz/memory.js';
import { Intake } from '../../src/embedded/lance/intake.js';
import { FrameReader } from '../../src/codecs/lance/frame-reader.js';
import { RequestSession } from '../../src/transports/lance/request-session.js';
import { IngestSession } from '../../src/transports/lance/ingest-session.js';

const corpus = new Corpus();

async function run(seed: number, frames: number): Promise<Tally> {
  const tally = new Tally();
  await campaign({ seed, from: 0, frames, seconds: 1_000, corpus, tally, begins: () => {} });
  return tally;
}

const counts = ({ frames, sealed, accepted, refused }: Tally): unknown => [
  frames,
  sealed,
  Object.fromEntries(accepted),
  Object.fromEntries(refused),
];

async function found(seed = 5, frames = 2 * WORLD_CASES): Promise<FuzzFailure> {
  const error = await run(seed, frames).catch((thrown: unknown) => thrown);
  if (!(error instanceof FuzzFailure)) throw new Error(`nothing was found: ${String(error)}`);
  return error;
}

describe('a fuzz run', () => {
  it('is the same each time for the same seed, and another one for another', async () => {
    const first = await run(3, 700);
    expect(first.frames).toBe(700);
    expect(counts(await run(3, 700))).toEqual(counts(first));
    expect(counts(await run(4, 700))).not.toEqual(counts(first));
  });

  it('reaches decoders, sessions, a server and whole clients, and each of them takes and refuses something', async () => {
    const tally = await run(8, 4 * WORLD_CASES);
    const taken = [...tally.accepted.keys()];
    const refused = [...tally.refused.keys()].map((what) => what.split(':')[0]);
    const everywhere = ['frames by the client', 'frames by the server', 'records', 'topic', 'replies'];
    expect(taken).toEqual(expect.arrayContaining([...everywhere, 'batches', 'clusterStatus', 'fetchHead', 'error']));
    expect(refused).toEqual(expect.arrayContaining([...everywhere, 'batches', 'clusterStatus', 'fetchHead']));
    for (const user of ['commands', 'consume', 'producer', 'sink']) {
      expect(taken).toContainEqual(expect.stringMatching(new RegExp(`^${user}: `)));
    }
    expect(tally.sealed / tally.frames).toBeGreaterThan(0.2);
    expect(summary(tally, { seed: 8, seconds: 2, memoryBytes: 5 << 20 })).toMatch(
      /^fuzz: 2,000 mutated frames in 2\.0 s, 1,000 a second, seed 8: nothing found, 5 MiB in use at most\n/,
    );
  });

  it('says in which case something was found, in hex, and how to repeat it', async () => {
    jest.spyOn(Intake.prototype, 'next').mockImplementationOnce(() => {
      throw new TypeError('planted');
    });
    const error = await found();
    jest.restoreAllMocks();
    const words = failure(error, 5, 0);
    expect(words).toContain(`fuzz: FAILED in case ${error.number}, seed 5`);
    expect(words).toContain('planted');
    expect(words).toContain(Buffer.from(error.bytes).toString('hex').slice(0, 200));
    expect(words).toContain(`Again: npm run fuzz -- --seed 5 --from 0 --frames ${error.number + 1}`);
  });

  it('is repeated from where the world of a case begins', () => {
    expect(worldOf(WORLD_CASES + 3)).toBe(WORLD_CASES);
    expect(again(9, WORLD_CASES + 3)).toBe(`npm run fuzz -- --seed 9 --from ${WORLD_CASES} --frames 4`);
  });
});

/** Bugs of every kind that a run must find. */
describe('a bug that is planted is found:', () => {
  afterEach(() => jest.restoreAllMocks());

  it('a frame that is swallowed', async () => {
    const honest = FrameReader.prototype.received;
    let calls = 0;
    jest.spyOn(FrameReader.prototype, 'received').mockImplementation(function (this: FrameReader, count: number) {
      if (++calls % 100 !== 0) honest.call(this, count);
    });
    expect(String((await found()).cause)).toMatch(
      /frames read of|no error|the session goes on|outcomes? |batches|but InvalidFrameError/,
    );
  });

  it('a reply that nobody is told of', async () => {
    const honest = RequestSession.prototype.frame;
    let calls = 0;
    jest.spyOn(RequestSession.prototype, 'frame').mockImplementation(function (
      this: RequestSession,
      ...frame: Parameters<RequestSession['frame']>
    ) {
      if (++calls % 50 !== 0) honest.apply(this, frame);
    });
    expect(String((await found()).cause)).toMatch(/outcomes|session goes on|another question/);
  });

  it('an acknowledgement that counts twice', async () => {
    const honest = IngestSession.prototype.send;
    jest.spyOn(IngestSession.prototype, 'send').mockImplementation(function (this: IngestSession, batch) {
      return honest.call(this, {
        ...batch,
        acked: () => {
          batch.acked();
          batch.acked();
        },
      });
    });
    expect(String((await found()).cause)).toMatch(/is acked and acked/);
  });

  it('memory that grows', async () => {
    const kept: Uint8Array[] = [];
    const memory = new MemoryInUse();
    await memory.look();
    kept.push(new Uint8Array(9 << 20).fill(1));
    await expect(memory.look()).rejects.toThrow(/^memory: [\d.]+ MiB in use at first, [\d.]+ MiB now$/);
    expect(kept).toHaveLength(1);
  });
});

describe('a case', () => {
  const cases = Array.from({ length: 1_000 }, (_, number) => fuzzCase(6, number, corpus));

  it('depends on seed and number alone', () => {
    const shown = ({ bytes, pieces, side }: (typeof cases)[number]): unknown => [side, bytes, pieces];
    expect(shown(fuzzCase(6, 500, corpus))).toEqual(shown(cases[500]!));
    expect(fuzzCase(7, 500, corpus).bytes).not.toEqual(cases[500]!.bytes);
  });

  it('arrives whole, whatever its pieces are', () => {
    for (const { bytes, pieces } of cases) expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(cases.some(({ pieces }) => pieces.length > 5)).toBe(true);
  });

  it('is sealed more often than one time in five, and then its checksums are right', () => {
    const sealed = cases.filter(({ mutant }) => mutant.sealed);
    expect(sealed.length).toBeGreaterThan(400);
    const rules = { judgesEarly: true, mostPayload: () => Number.MAX_SAFE_INTEGER };
    for (const { mutant } of sealed) {
      expect(expectedFrames(mutant.bytes, rules)).toMatchObject({ outcome: 'whole', frames: [{ at: 0 }] });
    }
  });

  it('is never the frame it was made of', () => {
    const dice = new Dice(1);
    for (const frame of corpus.frames.client) {
      expect(Buffer.from(frame).equals(mutated(frame, dice, corpus.frames.server[0]!).bytes)).toBe(false);
    }
  });
});

describe('npm run fuzz', () => {
  it('prints seed and counts, and ends with 0 if nothing was found', () => {
    const args = ['fuzz/main.ts', '--seed', '11', '--frames', '600'];
    const { status, stdout, stderr } = spawnSync('node_modules/.bin/tsx', args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, 'fuzz: seed 11\n']);
    expect(stdout).toMatch(/^fuzz: 600 mutated frames in .* seed 11: nothing found\n {2}\d+ to clients, /);
  });
});

describe('the corpus', () => {
  it('has the golden vectors and the recorded conversations, of both sides', () => {
    expect(corpus.frames.client.length).toBeGreaterThan(150);
    expect(corpus.frames.server.length).toBeGreaterThan(100);
    expect(corpus.frames.client.some(({ length }) => length > 300_000)).toBe(true);
  });
});

describe('what is expected of frames', () => {
  const early = { judgesEarly: true, mostPayload: () => 100 };
  const frame = Buffer.alloc(47);
  seal(frame);

  it.each<[string, (bytes: Buffer) => Buffer, string, number]>([
    ['whole frames', (bytes) => Buffer.concat([bytes, bytes]), 'whole', 2],
    ['a frame that is cut', (bytes) => bytes.subarray(0, 46), 'awaits', 0],
    ['a header that is cut', (bytes) => bytes.subarray(0, 11), 'awaits', 0],
    ['another magic, cut', (bytes) => Buffer.concat([Buffer.from('LAND'), bytes.subarray(4, 6)]), 'refused', 0],
    ['a wrong header checksum', (bytes) => Buffer.from(bytes).fill(1, 8, 9), 'refused', 0],
    ['a wrong payload checksum', (bytes) => Buffer.concat([bytes, Buffer.from(bytes).fill(1, 46)]), 'refused', 1],
    ['more than is allowed', (bytes) => Buffer.from(bytes).fill(1, 33, 34), 'oversize', 0],
  ])('%s', (_, change, outcome, count) => {
    const expected = expectedFrames(new Uint8Array(change(frame)), early);
    expect([expected.outcome, expected.frames.length]).toEqual([outcome, count]);
  });

  it('by the polynomial of IEEE', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
  });
});
