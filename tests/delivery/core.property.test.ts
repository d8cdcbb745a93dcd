import fc from 'fast-check';
import { Fates } from '../../src/observables/delivery/core/fates.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { ManualClock } from './support/manual-clock.js';
import { PROPERTY_TIMEOUT_MS, runs } from './support/property.js';
import { type Expected, REFLEXES, type SessionPlan } from './support/kinds.js';
import { Session } from './support/scene.js';

interface ScenePlan {
  readonly deliveries: number;
  readonly bytes: number;
  readonly sessions: readonly SessionPlan[];
}

/** One or two streams on one window, over as many epochs as the steps begin. */
class Scene {
  readonly clock = new ManualClock();
  readonly window: Window;
  readonly fates: Fates[] = [];
  readonly expected: Expected[] = [];
  readonly sessions: Session[] = [];
  private readonly past: Session[] = [];

  constructor(private readonly plan: ScenePlan) {
    this.window = new Window({ deliveries: plan.deliveries, bytes: plan.bytes });
    for (let stream = 0; stream < plan.sessions.length; stream++) {
      this.fates.push(new Fates());
      this.expected.push({ delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0, late: 0 });
      this.begin(stream);
    }
  }

  /** One step: a number that says who does what, how. */
  step(code: number): void {
    const stream = code % this.sessions.length;
    const session = this.sessions[stream] ?? raise('no session');
    const kind = (code >> 1) % 24;
    const how = code >> 6;
    if (kind < 6) session.land(1 + (how % (2 * session.plan.fetchBytes)), REFLEXES[how % REFLEXES.length] ?? 'keep');
    else if (kind === 6) session.land(1 + (how % (this.plan.bytes + 10)), 'keep');
    else if (kind === 7) session.landEmpty();
    else if (kind < 11) session.vote(how, 'ack', 0);
    else if (kind === 11) session.vote(how, 'nack', how % 7);
    else if (kind === 12) session.vote(how, 'dead', 0);
    else if (kind === 13) session.confirm(how);
    else if (kind === 14) session.pause();
    else if (kind < 17) session.resume();
    else if (kind === 17) session.lose(how);
    else if (kind === 18) this.clock.advance(how % 9);
    else if (kind === 19) session.enter();
    else if (kind < 22) session.exit();
    else if (kind === 22) this.rare(stream, session, how);
    else if (session.closed) this.begin(stream);
    this.check();
    // Things may also happen before the turn that follows from others.
    if (how % 4 > 0) this.checkAfterTurn();
  }

  /** What ends a session, or a past one that is not left in peace. */
  private rare(stream: number, session: Session, how: number): void {
    const kind = how % 8;
    if (kind === 0) session.leave();
    else if (kind === 1) session.drainBy(how % 20);
    else if (kind === 2) session.end();
    else if (kind === 3) session.fail();
    else if (kind === 4) session.landEmpty();
    else {
      const before = this.past[how % Math.max(1, this.past.length)];
      if (before !== undefined && this.fates[stream] !== undefined) before.vote(how, 'ack', 0);
    }
  }

  /** Lets everything that can go on go on, then ends it all. */
  finish(): void {
    for (let round = 0; round < 50; round++) {
      this.clock.advance(10);
      this.checkAfterTurn();
      for (const session of this.sessions) {
        while (session.entered > 0) session.exit();
        while (session.resumes.length > 0) session.resume();
        session.land(1 + (round % session.plan.fetchBytes), 'ack');
        session.confirm(round);
        for (let each = 0; each < session.handed.length; each++) session.vote(each, 'ack', 0);
        if (round === 20) session.end();
      }
      this.checkAfterTurn();
    }
    for (const session of this.sessions) {
      if (!session.closed) throw new Error('not completed when everything was settled');
    }
    this.check();
    if (this.window.deliveries !== 0 || this.window.bytes !== 0) throw new Error('credit was not given back');
  }

  private begin(stream: number): void {
    const [fates, expected, plan] = [this.fates[stream], this.expected[stream], this.plan.sessions[stream]];
    if (fates === undefined || expected === undefined || plan === undefined) throw new Error('no stream');
    const before = this.sessions[stream];
    if (before !== undefined) this.past.push(before);
    this.sessions[stream] = new Session(this.clock, this.window, fates, expected, plan);
  }

  private check(): void {
    for (const session of this.sessions) session.check();
    this.checkSums();
    this.checkWindow();
  }

  /** What follows has followed. */
  private checkAfterTurn(): void {
    this.clock.turn();
    this.check();
    for (const session of this.sessions) session.checkEnded();
    this.checkNothingStuck();
  }

  private checkSums(): void {
    for (const [stream, fates] of this.fates.entries()) {
      const { error: _, ...report } = fates.report();
      const expected = this.expected[stream];
      for (const [fate, count] of Object.entries(report)) {
        const wanted = expected?.[fate as keyof Expected];
        if (count !== wanted) throw new Error(`${fate} is ${count}, not ${wanted}`);
      }
      const { delivered, acked, nacked, dead, abandoned } = fates;
      const inFlight = this.sessions[stream]?.handed.filter(
        ({ vote, pending }) => vote === 'settled' || pending,
      ).length;
      if (delivered !== acked + nacked + dead + abandoned + (inFlight ?? 0)) throw new Error('the sums are not exact');
    }
  }

  private checkWindow(): void {
    const shares = this.sessions.map(({ share }) => share);
    const sum = (of: (share: (typeof shares)[number]) => number): number =>
      shares.reduce((all, share) => all + of(share), 0);
    const deliveries = sum((share) => share.deliveries);
    const bytes = sum((share) => share.bytes);
    if (this.window.deliveries !== deliveries) throw new Error(`${this.window.deliveries} taken, not ${deliveries}`);
    if (this.window.bytes !== bytes) throw new Error(`${this.window.bytes} bytes taken, not ${bytes}`);
    if (deliveries > this.plan.deliveries) throw new Error(`${deliveries} deliveries in the window`);
    // One value that turned out too large may be in alone with what others had reserved before.
    const overdraft = Math.max(...shares.map((share) => share.overdraft));
    if (bytes > this.plan.bytes && bytes - overdraft > this.plan.bytes) throw new Error(`${bytes} bytes in the window`);
  }

  private checkNothingStuck(): void {
    const lacking = this.sessions.filter(({ lacks }) => lacks !== undefined);
    const { deliveries, bytes } = this.window;
    const unsettled = this.sessions.reduce((all, { share }) => all + share.unsettled, 0);
    for (const session of lacking) {
      if (!session.isRunning) continue;
      const lacks = session.lacks ?? 0;
      if (lacks === 0) throw new Error('ready, but not handed out');
      if (lacking.length === 1 && (unsettled === 0 || bytes + lacks <= this.plan.bytes)) {
        throw new Error('there is room, but nothing is handed out');
      }
    }
    if (lacking.length > 0) return;
    const asking = this.sessions.filter(({ isAsking }) => isAsking);
    const largest = Math.max(...asking.map(({ plan: { fetchBytes } }) => fetchBytes));
    const hasRoom = deliveries === 0 || (deliveries < this.plan.deliveries && bytes + largest <= this.plan.bytes);
    if (!hasRoom) return;
    for (const { wants } of asking) if (wants) throw new Error('there is room, but nothing is asked for');
  }
}

const session = fc.record({
  fetchBytes: fc.integer({ min: 1, max: 12 }),
  depth: fc.integer({ min: 1, max: 3 }),
  takesTime: fc.constantFrom('done', 'wait', 'again' as const),
  leased: fc.boolean(),
});

const plan = fc.record({
  deliveries: fc.integer({ min: 1, max: 6 }),
  bytes: fc.integer({ min: 12, max: 40 }),
  sessions: fc.array(session, { minLength: 1, maxLength: 2 }),
});

const steps = fc.array(fc.nat({ max: 2 ** 18 }), { maxLength: 60 });

describe('DeliveryCore', () => {
  it(
    'keeps its invariants in whatever order things happen',
    () => {
      fc.assert(
        fc.property(plan, steps, (scenePlan, codes) => {
          const scene = new Scene(scenePlan);
          for (const code of codes) scene.step(code);
          scene.finish();
        }),
        runs('the core', 10_000),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

function raise(message: string): never {
  throw new Error(message);
}
