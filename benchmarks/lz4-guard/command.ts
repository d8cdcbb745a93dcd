import { describeMachine } from '../harness/machine.js';
import { round, rounded } from '../harness/statistics.js';
import { progressLine, table } from '../harness/terminal.js';
import { measureGuard, type GuardFigures } from './measure.js';

const MIB = 1 << 20;
/** G17: time to refuse, memory beside it, and what honest blocks pay. */
const HOLD = { rejectUs: 1000, extraMiB: 1, cost: 1.02 };
/** A few short samples see no two per cent: with `--quick` only a guard that costs much more is noticed. */
const QUICK_COST = 1.1;

export interface GuardOptions {
  readonly json?: true;
  readonly quick?: true;
}

/** `bench lz4-guard`: a size that lies is refused before native code believes it, and honest blocks don't pay for that. */
export function lz4GuardCommand({ json, quick }: GuardOptions): void {
  const progress = progressLine(json === true);
  progress.show('decoding honest and hostile blocks');
  const figures = measureGuard(quick ? 15 : 101);
  progress.clear();
  const limits = quick ? { ...HOLD, cost: QUICK_COST } : HOLD;
  const verdict = judge(figures, limits);
  if (verdict === 'below') process.exitCode = 1;
  const { rejectUs, extraBytes, cost, aa } = figures;
  if (json) {
    const rest = { extraMiB: round(extraBytes / MIB), cost: rounded(cost), aa: rounded(aa), limits, verdict };
    console.log(JSON.stringify({ rejectUs: rounded(rejectUs), ...rest }));
    return;
  }
  console.log(`${describeMachine()}\n`);
  console.log(
    table(
      ['lz4 guard', 'median', 'min', 'max', 'to hold (G17)'],
      [
        [
          'µs until a hostile block is refused',
          rejectUs.median.toFixed(1),
          rejectUs.min.toFixed(1),
          rejectUs.max.toFixed(1),
          `median ≤ ${limits.rejectUs}`,
        ],
        ['extra memory meanwhile, MiB', '', '', (extraBytes / MIB).toFixed(2), `≤ ${limits.extraMiB}`],
        [
          'honest block, guarded / bare',
          cost.median.toFixed(3),
          cost.min.toFixed(3),
          cost.max.toFixed(3),
          `median ≤ ${limits.cost}`,
        ],
        ['bare / bare, the control', aa.median.toFixed(3), aa.min.toFixed(3), aa.max.toFixed(3), ''],
      ],
    ),
  );
  console.log(`\nVerdict: ${verdict === 'not-measured' ? 'not measured, the machine was too noisy' : verdict}`);
}

function judge(
  { rejectUs, extraBytes, cost, aa }: GuardFigures,
  limits: typeof HOLD,
): 'hold' | 'below' | 'not-measured' {
  if (rejectUs.median > limits.rejectUs || extraBytes > limits.extraMiB * MIB) return 'below';
  if (cost.median <= limits.cost) return 'hold';
  // The bare call moved as far from itself as the guard did from it: that is noise.
  return cost.median - limits.cost <= Math.abs(aa.median - 1) ? 'not-measured' : 'below';
}
