import fc from 'fast-check';
import { Ledger } from '../../src/observables/delivery/core/ledger.js';
import { LedgerNode } from '../../src/observables/delivery/core/node.js';
import { ensure } from './model/ensure.js';
import { runs } from './model/seed.js';

type Fate = 'unsettled' | 'settled' | 'forsaken';

interface Row {
  readonly node: LedgerNode<string>;
  fate: Fate;
}

function node(position: number, length: number): LedgerNode<string> {
  return new LedgerNode<string>(undefined as never, '', position, position + length, length, 0, length);
}

describe('a ledger', () => {
  const { title, parameters } = runs(2_000, 10_000);
  const step = fc.tuple(fc.constantFrom('append', 'append', 'settle', 'settle', 'forsake'), fc.nat());

  it(`is an array from which what is settled has been struck (${title})`, () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 100 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.boolean(),
        (start, steps, forsakes) => {
          const ledger = new Ledger<string>();
          ledger.startAt(start);
          const rows: Row[] = [];
          let watermark = start;
          for (const [what, pick] of steps) {
            const open = rows.filter(({ fate }) => fate === 'unsettled');
            const row = open[pick % Math.max(1, open.length)];
            if (what === 'append') {
              const next = node(rows.at(-1)?.node.end ?? start, 1 + (pick % 5));
              rows.push({ node: next, fate: 'unsettled' });
              ledger.append(next);
            } else if (row !== undefined && what === 'forsake' && forsakes) {
              row.fate = 'forsaken';
              ledger.forsake(row.node);
            } else if (row !== undefined) {
              row.fate = 'settled';
              ledger.remove(row.node);
            }

            const unsettled = rows.filter(({ fate }) => fate === 'unsettled').map((each) => each.node);
            const positions = [...ledger].map(({ position }) => position).join();
            ensure(
              positions === unsettled.map(({ position }) => position).join(),
              'what is unsettled is there, in order',
            );
            ensure(ledger.size === unsettled.length, 'it is counted');
            ensure(ledger.oldest === unsettled[0], 'the oldest comes first');
            const holding = rows.find(({ fate }) => fate !== 'settled');
            const expected = holding?.node.position ?? rows.at(-1)?.node.end ?? start;
            ensure(ledger.watermark === expected, `the watermark is ${expected}, not ${ledger.watermark}`);
            ensure(ledger.watermark >= watermark, 'the watermark never goes back');
            watermark = ledger.watermark;
            const behind = rows.slice(rows.findIndex(({ fate }) => fate === 'unsettled'));
            ensure(ledger.hasGap === (unsettled.length > 0 && behind.length > unsettled.length), 'a gap is seen');
          }
        },
      ),
      parameters,
    );
  });
});
