import { uncompressSync } from 'lz4-napi';
import { spread, type Spread } from '../harness/statistics.js';
import { guarded, honestBlock, hostileBlocks } from './blocks.js';

/** What the guard costs, and what it prevents. */
export interface GuardFigures {
  /** Microseconds until a hostile block is refused. */
  readonly rejectUs: Spread;
  /** Growth of RSS and of array buffers while all hostile blocks were refused, in bytes; the larger one. */
  readonly extraBytes: number;
  /** Guarded decoding of an honest block divided by the bare native call, per round. */
  readonly cost: Spread;
  /** The bare call divided by itself. */
  readonly aa: Spread;
}

const WARM_UP = 2000;
const HOSTILE_ROUNDS = 200;
const CALLS = 400;

/** Measures in this process: bare and guarded calls alternate in every round. */
export function measureGuard(rounds: number): GuardFigures {
  const codec = guarded();
  const block = honestBlock(codec);
  const bare = (): void => void uncompressSync(block);
  const withGuard = (): void => void codec.decode(block);
  const hostile = hostileBlocks(block);
  for (let call = 0; call < WARM_UP; call++) {
    bare();
    withGuard();
    reject(() => codec.decode(hostile[call % hostile.length]!));
  }

  const before = process.memoryUsage();
  const rejections: number[] = [];
  let extraBytes = 0;
  for (let round = 0; round < HOSTILE_ROUNDS; round++) {
    for (const bytes of hostile) rejections.push(reject(() => codec.decode(bytes)));
    const { rss, arrayBuffers } = process.memoryUsage();
    extraBytes = Math.max(extraBytes, rss - before.rss, arrayBuffers - before.arrayBuffers);
  }

  const costs: number[] = [];
  const controls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = time(bare);
    const guardedTime = time(withGuard);
    const second = time(bare);
    costs.push(guardedTime / Math.sqrt(first * second));
    controls.push(second / first);
  }
  return { rejectUs: spread(rejections), extraBytes, cost: spread(costs), aa: spread(controls) };
}

/** Microseconds until `decode` threw; fails when it did not. */
function reject(decode: () => unknown): number {
  const from = performance.now();
  try {
    decode();
  } catch {
    return (performance.now() - from) * 1000;
  }
  throw new Error('a hostile block was accepted');
}

/** The fastest of some runs: what interrupts a run only ever makes it slower. */
function time(call: () => void): number {
  let best = Infinity;
  for (let run = 0; run < 5; run++) {
    const from = performance.now();
    for (let calls = 0; calls < CALLS / 5; calls++) call();
    best = Math.min(best, performance.now() - from);
  }
  return best;
}
