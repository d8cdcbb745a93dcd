import { describeMachine } from '../harness/machine.js';
import { round, rounded } from '../harness/statistics.js';
import { progressLine, table } from '../harness/terminal.js';
import { measureGuard, type GuardFigures } from './measure.js';

const MIB = 1 << 20;
/** G17: time to refuse, memory beside it, and what honest blocks pay. */
const HOLD = { rejectUs: 1000, extraMiB: 1, cost: 1.02 };
/** With the bare call this far from itself, two per cent can't be seen. */
const STEADY = { from: 0.98, to: 1.02 };

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
  const verdict = judge(figures);
  if (verdict === 'below') process.exitCode = 1;
  const { rejectUs, extraBytes, cost, aa } = figures;
  if (json) {
    const rest = { extraMiB: round(extraBytes / MIB), cost: rounded(cost), aa: rounded(aa), limits: HOLD, verdict };
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
          `median ≤ ${HOLD.rejectUs}`,
        ],
        ['extra memory meanwhile, MiB', '', '', (extraBytes / MIB).toFixed(2), `≤ ${HOLD.extraMiB}`],
        [
          'honest block, guarded / bare',
          cost.median.toFixed(3),
          cost.min.toFixed(3),
          cost.max.toFixed(3),
          `median ≤ ${HOLD.cost}`,
        ],
        ['bare / bare, the control', aa.median.toFixed(3), aa.min.toFixed(3), aa.max.toFixed(3), ''],
      ],
    ),
  );
  console.log(`\nVerdict: ${verdict === 'not-measured' ? 'not measured, the machine was too noisy' : verdict}`);
}

function judge({ rejectUs, extraBytes, cost, aa }: GuardFigures): 'hold' | 'below' | 'not-measured' {
  if (rejectUs.median > HOLD.rejectUs || extraBytes > HOLD.extraMiB * MIB) return 'below';
  if (cost.median <= HOLD.cost) return 'hold';
  return aa.median < STEADY.from || aa.median > STEADY.to ? 'not-measured' : 'below';
}
