import fc from 'fast-check';
import { Leases } from '../../src/observables/delivery/core/leases.js';
import { LedgerNode, NodeState } from '../../src/observables/delivery/core/node.js';
import { ensure } from './model/ensure.js';
import { ManualClock } from './model/manual-clock.js';
import { runs } from './model/seed.js';

interface Granted {
  readonly node: LedgerNode<number>;
  readonly sinceMs: number;
  /** When the server takes it back. */
  untilMs: number;
  refused: boolean;
  /** When the renewal that is not answered yet was sent. */
  sentMs: number | undefined;
  state: 'held' | 'settled' | 'lost';
}

class Model {
  readonly clock = new ManualClock();
  readonly leases: Leases<number>;
  readonly granted: Granted[] = [];
  /** Whoever hears of a loss settles something else. */
  settlesOnLoss = false;

  constructor(
    private readonly leaseMs: number,
    private readonly maxLeaseMs: number,
  ) {
    this.leases = new Leases<number>(this.clock, {
      leaseMs,
      maxLeaseMs,
      renew: (nodes) => this.renew(nodes),
      lost: (node) => this.lost(node),
    });
  }

  get held(): Granted[] {
    return this.granted.filter(({ state }) => state === 'held');
  }

  add(agoMs: number): void {
    const sinceMs = this.clock.now() - agoMs;
    const node = new LedgerNode<number>(undefined as never, 0, this.granted.length, 0, 1, sinceMs, 1);
    const untilMs = sinceMs + Math.min(this.leaseMs, this.maxLeaseMs);
    this.granted.push({ node, sinceMs, untilMs, refused: false, sentMs: undefined, state: 'held' });
    this.leases.add(node, sinceMs);
  }

  settle(lease: Granted | undefined): void {
    if (lease?.state === 'held') {
      lease.state = 'settled';
      lease.node.state = NodeState.Settled;
    }
    if (lease !== undefined) this.leases.remove(lease.node);
  }

  answer(lease: Granted | undefined, granted: boolean): void {
    const sentMs = lease?.sentMs;
    if (lease === undefined || sentMs === undefined) return;
    lease.sentMs = undefined;
    if (lease.state === 'held' && granted) {
      lease.untilMs = Math.min(Math.max(lease.untilMs, sentMs + this.leaseMs), lease.sinceMs + this.maxLeaseMs);
    } else if (!granted) lease.refused = true;
    this.leases.renewed(lease.node, granted, sentMs);
    ensure(granted || lease.state !== 'held', 'a lease that is not renewed is lost at once');
  }

  check(): void {
    const now = this.clock.now();
    ensure(this.clock.size === (this.held.length > 0 ? 1 : 0), 'one timer for all, and none without leases');
    ensure(this.leases.size === this.held.length, 'leases are counted');
    for (const lease of this.held) {
      ensure(lease.sinceMs + this.maxLeaseMs >= now, 'no lease outlives all renewals');
      ensure(lease.untilMs >= now, 'no lease outlives what the server has granted');
    }
  }

  /** What must hold once everything that was due has happened. */
  checkRested(): void {
    this.check();
    const now = this.clock.now();
    for (const { sinceMs, untilMs, sentMs } of this.held) {
      ensure(untilMs > now, 'a lease that is over is lost');
      const isLast = untilMs === sinceMs + this.maxLeaseMs;
      if (!isLast && untilMs - now < this.leaseMs / 2)
        ensure(sentMs !== undefined, 'more time is asked for at half of a lease');
    }
  }

  private find(node: LedgerNode<number>): Granted {
    return this.granted[node.position]!;
  }

  private renew(nodes: readonly LedgerNode<number>[]): void {
    ensure(nodes.length > 0 && new Set(nodes).size === nodes.length, 'a batch names each once');
    for (const node of nodes) {
      const lease = this.find(node);
      ensure(lease.state === 'held', 'nobody is renewed after it was lost or settled');
      ensure(lease.sentMs === undefined, 'nobody is renewed twice at once');
      ensure(lease.untilMs < lease.sinceMs + this.maxLeaseMs, 'nobody is renewed for nothing');
      lease.sentMs = this.clock.now();
    }
  }

  private lost(node: LedgerNode<number>): void {
    const lease = this.find(node);
    ensure(lease.state === 'held', 'a lease is lost once, and never after it was settled');
    ensure(lease.refused || lease.untilMs <= this.clock.now(), 'no lease is lost before its time');
    lease.state = 'lost';
    node.state = NodeState.Lost;
    if (this.settlesOnLoss) this.settle(this.held.at(-1));
  }
}

describe('leases', () => {
  const { title, parameters } = runs(3_000, 10_000);
  const step = fc.tuple(
    fc.constantFrom(
      'add',
      'add',
      'settle',
      'answer',
      'answer',
      'answer',
      'advance',
      'advance',
      'advance',
      'late',
      'clear',
    ),
    fc.nat({ max: 1_000 }),
  );

  it(`are renewed in time, lost in time, under one timer (${title})`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(10, 20, 40),
        fc.integer({ min: 5, max: 150 }),
        fc.boolean(),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (leaseMs, maxLeaseMs, settlesOnLoss, steps) => {
          const model = new Model(leaseMs, maxLeaseMs);
          model.settlesOnLoss = settlesOnLoss;
          for (const [what, pick] of steps) {
            const { held, granted, clock } = model;
            const asked = held.filter(({ sentMs }) => sentMs !== undefined);
            if (what === 'add') model.add(pick % 10 === 0 ? Math.min(pick % 7, clock.now(), maxLeaseMs) : 0);
            else if (what === 'settle') model.settle(granted[pick % Math.max(1, granted.length)]);
            else if (what === 'answer') model.answer(asked[pick % Math.max(1, asked.length)], pick % 7 > 0);
            else if (what === 'late') model.answer(granted[pick % Math.max(1, granted.length)], true);
            else if (what === 'clear' && pick % 10 === 0) {
              for (const lease of held) lease.state = 'settled';
              model.leases.clear();
            }
            if (what === 'advance') {
              clock.advance(pick % (leaseMs + 3));
              model.checkRested();
            } else model.check();
          }
          // Unanswered, everything is lost in the end.
          model.clock.advance(maxLeaseMs + leaseMs);
          model.checkRested();
          ensure(model.held.length === 0 && model.clock.size === 0, 'nothing is kept without renewal');
        },
      ),
      parameters,
    );
  });
});
