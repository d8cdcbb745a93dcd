import type { Asked } from '../../benchmarks/harness/asked.js';
import type { ClientQuestion, WindowFigures } from '../../benchmarks/harness/client-messages.js';
import type { NoiseGate } from '../../benchmarks/harness/gate.js';
import { runRounds, type Contestant, type Round } from '../../benchmarks/harness/rounds.js';

const TIMING = { settleMs: 0, windowMs: 0 };

/** Runs two rounds of one contestant whose windows receive `bytes`, of which those listed in `noisy` are noisy. */
async function rounds(
  bytes: readonly number[],
  { noisy = [] as number[], lateAfter = Infinity, renew = undefined as Contestant['renew'] | undefined } = {},
): Promise<Round[]> {
  let measured = -2;
  const ask = async (): Promise<Partial<WindowFigures>> => ({
    seconds: 1,
    bytes: bytes[Math.max(0, measured++)] ?? 1000,
  });
  const gate = {
    rejected: 0,
    get late() {
      return measured >= lateAfter;
    },
    pass: async (measure: () => Promise<WindowFigures>) => {
      const at = measured;
      return { figures: await measure(), clean: !noisy.includes(at) };
    },
  };
  const client = { pid: 1, ask, release: () => undefined } as unknown as Asked<ClientQuestion>;
  const enter = async (): ReturnType<Contestant['enter']> => ({}) as Awaited<ReturnType<Contestant['enter']>>;
  const leave = async (): Promise<void> => undefined;
  return runRounds({
    contestants: [{ name: 'raw', client, enter, leave, ...(renew === undefined ? {} : { renew }) }],
    serverPid: 1,
    gate: gate as unknown as NoiseGate,
    rounds: 2,
    warmUp: TIMING,
    timing: TIMING,
    progress: () => undefined,
  });
}

const clean = (all: readonly Round[]): boolean[] => all.map((round) => round.clean);

describe('rounds of a benchmark', () => {
  test('go on until enough of them count', async () => {
    expect(clean(await rounds([1000, 1000, 1000, 1000]))).toEqual([true, true]);
  });

  test('do not count when the baseline moved while they lasted', async () => {
    expect(clean(await rounds([1000, 1300, 1000, 1100, 1000, 790, 1000, 900]))).toEqual([false, true, false, true]);
  });

  test('are given up when a window stays noisy, except the first, which is there to be shown', async () => {
    expect(clean(await rounds([], { noisy: [1, 2, 6] }))).toEqual([false, true, true]);
  });

  test('with processes of their own: each but the first begins with new ones, which are warmed up', async () => {
    const log: string[] = [];
    let started = 1;
    const renew = (): Asked<ClientQuestion> => {
      const number = ++started;
      const ask = async (): Promise<Partial<WindowFigures>> => {
        log.push(`window of ${number}`);
        return { seconds: 1, bytes: 1000 };
      };
      return { pid: number, ask, release: () => log.push(`end of ${number}`) } as unknown as Asked<ClientQuestion>;
    };
    // The second of three rounds moves too much to count.
    expect(clean(await rounds([1000, 1300], { renew }))).toEqual([false, true, true]);
    const all = (number: number): string[] => Array.from({ length: 4 }, () => `window of ${number}`);
    expect(log).toEqual([...all(2), 'end of 2', ...all(3)]);
  });

  test('go on while the baseline does not agree with itself', async () => {
    const drifting = [1000, 1240, 1000, 1240];
    expect(await rounds([...drifting, 1000, 1000, 1000, 1000, 1000, 1000])).toHaveLength(5);
  });

  test('end when time is up', async () => {
    expect(clean(await rounds([1000, 2000, 1000, 2000], { lateAfter: 3 }))).toEqual([false, false]);
  });

  test('fail when a client receives nothing', async () => {
    await expect(rounds([1000, 0])).rejects.toThrow('raw: nothing moved');
  });
});
