import { DeliveryCore } from '../../src/observables/delivery/core/delivery-core.js';
import { Fates } from '../../src/observables/delivery/core/fates.js';
import type { LedgerNode } from '../../src/observables/delivery/core/node.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { ManualClock } from './model/manual-clock.js';
import { ScriptedSource } from './model/scripted-source.js';

const OUTSTANDING = 100_000;
/** An unlink reads and writes the node, its two neighbours and the ends of the chain. */
const TOUCHES_PER_CALL = 12;

let touches = 0;

type Links = LedgerNode<number> & { hiddenPrevious?: LedgerNode<number>; hiddenNext?: LedgerNode<number> };

/** Counts whenever anyone follows or changes the links of a node: whoever walks the ledger does. */
function counted(name: 'hiddenPrevious' | 'hiddenNext'): PropertyDescriptor {
  return {
    get(this: Links) {
      touches++;
      return this[name];
    },
    set(this: Record<string, unknown>, node: unknown) {
      touches++;
      this[name] = node;
    },
  };
}

const COUNTED = { previous: counted('hiddenPrevious'), next: counted('hiddenNext') };

/** The same order each time, and no order at all. */
function shuffled(nodes: readonly LedgerNode<number>[]): LedgerNode<number>[] {
  const shuffledNodes = [...nodes];
  let state = 12_345;
  for (let at = shuffledNodes.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = state % (at + 1);
    [shuffledNodes[at], shuffledNodes[other]] = [shuffledNodes[other]!, shuffledNodes[at]!];
  }
  return shuffledNodes;
}

/** A session with everything handed out; the links of every node are counted from then on. */
function handedOut(): {
  core: DeliveryCore<number>;
  clock: ManualClock;
  nodes: LedgerNode<number>[];
  mostTouches: number;
  source: ScriptedSource<number>;
} {
  const clock = new ManualClock();
  const nodes: LedgerNode<number>[] = [];
  const host = {
    now: clock.now,
    after: clock.after,
    emit: (node: LedgerNode<number>) => {
      nodes.push(node);
    },
    complete: () => core.close(() => undefined),
    error: () => undefined,
    changed: () => undefined,
  };
  const window = new Window({ deliveries: OUTSTANDING, bytes: OUTSTANDING });
  const core: DeliveryCore<number> = new DeliveryCore<number>(host, window, new Fates());
  const source = new ScriptedSource<number>(core, { depth: 1, sizes: [1], givesBack: false, flushesLate: false }, 0);
  core.open(source);
  let mostTouches = 0;
  for (let position = 0; position < OUTSTANDING; position++) {
    source.out.shift();
    touches = 0;
    core.arrived({ value: position, position, end: position + 1, bytes: 1, reserved: 1 });
    mostTouches = Math.max(mostTouches, touches);
    const node = nodes.at(-1)!;
    const { previous, next } = node;
    Object.defineProperties(node, COUNTED);
    Object.assign(node, { previous, next });
    source.pull();
  }
  return { core, clock, nodes, mostTouches, source };
}

/** Does something with each delivery in turn; the most that any one of them touched. */
function most(nodes: readonly LedgerNode<number>[], then: (node: LedgerNode<number>) => void): number {
  let mostTouches = 0;
  for (const node of nodes) {
    touches = 0;
    then(node);
    mostTouches = Math.max(mostTouches, touches);
    // One walk is enough to know.
    if (mostTouches > TOUCHES_PER_CALL) break;
  }
  return mostTouches;
}

describe(`with ${OUTSTANDING} deliveries outstanding`, () => {
  it('the count sees who walks the ledger', () => {
    const { core } = handedOut();
    touches = 0;
    expect([...core.ledger]).toHaveLength(OUTSTANDING);
    expect(touches).toBeGreaterThanOrEqual(OUTSTANDING);
  });

  it('handing out and settling touch a handful of nodes each, in any order, the watermark included', () => {
    const { core, clock, nodes, mostTouches } = handedOut();
    expect(nodes).toHaveLength(OUTSTANDING);
    expect(mostTouches).toBeLessThanOrEqual(TOUCHES_PER_CALL);
    let watermark = 0;
    const mostPerSettle = most(shuffled(nodes), (node) => {
      if (core.settle(node, 1, { fate: 'acked', result: undefined }) !== 'settled') throw new Error('it did not count');
      if (core.ledger.watermark < watermark) throw new Error('the watermark went back');
      watermark = core.ledger.watermark;
    });
    expect(mostPerSettle).toBeGreaterThan(0);
    expect(mostPerSettle).toBeLessThanOrEqual(TOUCHES_PER_CALL);
    expect(core.ledger.watermark).toBe(OUTSTANDING);
    clock.advance(0);
    expect(core.fates.acked).toBe(OUTSTANDING);
  });

  it('so do nacks, what comes again, buffers that hold and let go, and leases that end', () => {
    const { core, clock, nodes, source } = handedOut();
    source.reply = 'again';
    const holder = { name: 'buffer', release: () => undefined };
    const [nacked, held, lost] = [0, 1, 2].map((part) =>
      shuffled(nodes.filter(({ position }) => position % 3 === part)),
    );
    expect(most(held!, (node) => node.hold(holder))).toBeLessThanOrEqual(TOUCHES_PER_CALL);
    expect(most(lost!, (node) => core.lose(node))).toBeLessThanOrEqual(TOUCHES_PER_CALL);
    const few = nacked!.slice(0, 1_000);
    expect(most(few, (node) => core.settle(node, 1, { fate: 'nacked', delayMs: 5 }))).toBeLessThanOrEqual(
      TOUCHES_PER_CALL,
    );
    touches = 0;
    clock.advance(5);
    expect(touches).toBeLessThanOrEqual(few.length * TOUCHES_PER_CALL);
    expect(few.every(({ attempt, open }) => attempt === 2 && open)).toBe(true);
    expect(most(held!, (node) => node.unhold(holder))).toBeLessThanOrEqual(TOUCHES_PER_CALL);
  });
});
