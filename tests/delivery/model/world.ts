import { Fates } from '../../../src/observables/delivery/core/fates.js';
import { NodeState } from '../../../src/observables/delivery/core/node.js';
import { Window, type WindowLimits } from '../../../src/observables/delivery/core/window.js';
import { ensure } from './ensure.js';
import type { Entry, Surroundings } from './entry.js';
import { ManualClock } from './manual-clock.js';
import type { SourceScript } from './scripted-source.js';
import { Session } from './session.js';

export interface WorldPlan extends SourceScript {
  readonly window: WindowLimits;
  readonly streams: number;
}

/** Streams that share a window and a report, each with its epochs, and everything that must hold at any time. */
export class World implements Surroundings {
  readonly clock = new ManualClock();
  readonly window: Window;
  readonly fates = new Fates();
  readonly counted = { delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0, late: 0 };
  readonly script: SourceScript;
  inside: string | undefined;
  /** What the subscriber does when it is handed something. */
  react: ((entry: Entry) => void) | undefined;
  /** Every epoch of each stream, the last one being the present. */
  private readonly streams: Session[][];

  constructor(plan: WorldPlan) {
    this.script = plan;
    this.window = new Window(plan.window);
    this.streams = Array.from({ length: plan.streams }, () => [new Session(this, 0)]);
  }

  emitted(entry: Entry): void {
    this.react?.(entry);
  }

  get sessions(): Session[] {
    return this.streams.flat();
  }

  /** The present epochs. */
  get present(): Session[] {
    return this.streams.flatMap((epochs) => epochs.at(-1) ?? []);
  }

  /** A new epoch begins where the last one is known to have come. */
  reopen(session: Session): Session {
    const epochs = this.streams.find((stream) => stream.includes(session));
    const last = epochs?.at(-1) ?? session;
    if (last.phase !== 'closed') return last;
    const next = new Session(this, last.core.ledger.watermark);
    epochs?.push(next);
    return next;
  }

  // ---- what always holds

  check(): void {
    for (const session of this.sessions) this.checkBooks(session);
    this.checkFates();
    this.checkWindow();
  }

  private checkBooks(session: Session): void {
    const { core } = session;
    const { watermark } = core.ledger;
    ensure(
      watermark === session.settledUpTo,
      `the watermark ${watermark} is where all is settled: ${session.settledUpTo}`,
    );
    ensure(watermark >= session.watermark, 'the watermark never goes back');
    session.watermark = watermark;
    ensure(core.ledger.size === session.in('live', 'pending', 'waiting').length, 'the ledger holds what is unsettled');
    ensure(core.closed === (session.phase === 'closed'), 'only the subscriber and the end close a session');
    ensure(session.completed + session.errored <= 1, 'a session ends once');
    ensure(session.source.settles === session.finishes, 'the source hears of every settle');
    ensure(session.source.drains <= 1, 'a source is drained once');
    for (const { value } of session.source.abandonedNodes.splice(0)) value.givenBack++;
    for (const { givenBack, owed } of session.entries)
      ensure(givenBack === owed, `what the server still holds is given back: ${givenBack} times for ${owed}`);
    const outstanding = session.phase === 'closed' ? 0 : session.source.out.length;
    ensure(core.outstanding === outstanding, 'fetches that are out are known');
  }

  private checkFates(): void {
    const { error: _, ...report } = this.fates.report();
    const counted: Record<string, number> = this.counted;
    for (const [name, count] of Object.entries(report))
      ensure(count === counted[name], `${name}: ${count} for ${counted[name]}`);
    const inFlight = this.sessions.flatMap((session) => session.in('live', 'pending', 'leaving')).length;
    const { delivered, acked, nacked, dead, abandoned } = report;
    ensure(delivered === acked + nacked + dead + abandoned + inFlight, 'sums are exact');
  }

  private checkWindow(): void {
    const { limits, deliveries, bytes } = this.window;
    let charges = 0;
    let charged = 0;
    let isCarried = false;
    for (const session of this.sessions) {
      if (session.phase === 'closed') continue;
      charges += session.source.out.length;
      for (const reserved of session.source.out) charged += reserved;
      for (const { state, node, bytes: needed, reserved } of session.in('ready', 'live', 'pending', 'waiting')) {
        const isAdmitted = state !== 'ready' || node?.state === NodeState.Admitted;
        charges++;
        charged += isAdmitted ? needed : Math.min(needed, reserved);
        if (isAdmitted && needed > reserved && bytes - (needed - reserved) <= limits.bytes) isCarried = true;
      }
    }
    ensure(deliveries === charges, `the window has ${deliveries} deliveries, the sessions ${charges}`);
    ensure(bytes === charged, `the window has ${bytes} bytes, the sessions ${charged}`);
    ensure(deliveries <= limits.deliveries, 'deliveries stay within the window');
    ensure(bytes <= limits.bytes || deliveries === 1 || isCarried, 'bytes stay within the window, one carry aside');
  }

  // ---- what holds when nothing is due

  /** Lets everything happen that is due, and looks at what did not. */
  rest(ms = 0): void {
    this.clock.advance(ms);
    this.check();
    for (const session of this.sessions) {
      this.checkEnd(session);
      this.checkTold(session);
      this.checkBuffers(session);
      this.checkStatus(session);
    }
    this.checkEmissions();
    this.checkPulls();
  }

  /** What is here and lacks bytes that are not there. */
  private lacks(session: Session): boolean {
    const [first] = session.in('ready');
    if (session.phase !== 'open' || first === undefined || first.node?.state !== NodeState.Ready) return false;
    const { limits, bytes } = this.window;
    const unsettled = this.sessions
      .flatMap((other) => other.entries)
      .filter(
        ({ state, node }) =>
          state === 'live' || state === 'pending' || state === 'waiting' || node?.state === NodeState.Admitted,
      );
    return first.bytes > first.reserved && unsettled.length > 0 && bytes + first.bytes - first.reserved > limits.bytes;
  }

  private fits(size: number): boolean {
    const { limits, deliveries, bytes } = this.window;
    return deliveries === 0 || (deliveries < limits.deliveries && bytes + size <= limits.bytes);
  }

  private mayEmit(session: Session): boolean {
    return session.phase === 'open' && !session.paused && session.entered === 0 && !session.failed;
  }

  private checkEmissions(): void {
    const someoneLacks = this.present.some((session) => this.lacks(session));
    for (const session of this.present) {
      if (!this.mayEmit(session)) continue;
      const due = session.in('waiting').filter(({ dueMs }) => dueMs <= this.clock.now());
      ensure(due.length === 0, 'what was nacked comes again after its delay');
      if (session.in('ready').length > 0)
        ensure(someoneLacks, 'what has arrived is handed out as soon as nothing is in its way');
    }
  }

  private checkPulls(): void {
    if (this.present.some((session) => this.lacks(session))) return;
    const isAhead = ({ source }: Session): boolean => source.refused && !source.over && !this.fits(source.size);
    if (this.present.some(isAhead)) return;
    for (const session of this.present) {
      const { source } = session;
      if (session.phase !== 'open' || session.paused || session.failed || !source.wants) continue;
      ensure(!this.fits(source.size), 'a source is asked as soon as there is room');
    }
  }

  private checkEnd(session: Session): void {
    if (session.phase === 'closed' || session.entered > 0) return;
    ensure(!session.failed, 'a failure is told on the next turn');
    ensure(!session.isOver, 'the end is told on the next turn');
  }

  private checkTold(session: Session): void {
    for (const { fates, told, lostTold } of session.entries) {
      for (const [attempt, fate] of fates.entries()) {
        if (told[attempt] === undefined) continue;
        const heard = told[attempt].join();
        ensure(heard === (fate ?? ''), `who watches hears ${fate ?? 'nothing'} once, not ${heard}`);
        ensure(lostTold[attempt] === (fate === 'abandoned' ? 1 : 0), 'who has lost a delivery is told once');
      }
    }
  }

  private checkBuffers(session: Session): void {
    const unsettled = session.in('live', 'pending', 'waiting');
    if (!this.mayEmit(session) || unsettled.length === 0 || !unsettled.every(({ held }) => held)) return;
    const { source } = session;
    const hopes = source.out.length > 0 || !(session.in('ready').length > 0 || source.ended || source.wants);
    ensure(hopes, 'buffers that keep everything are told to let go');
  }

  private checkStatus(session: Session): void {
    if (!this.mayEmit(session)) return;
    const { source, core } = session;
    const isShort = session.in('ready').length > 0 || (source.wants && source.out.length === 0);
    if (isShort) ensure(core.pauses.reasons.includes('window'), 'a session that lacks credit says so');
  }

  // ---- the end of the story

  /** With good will on all sides, every log is read to its end. */
  finish(): void {
    this.react = undefined;
    const goals = new Map(
      this.streams.map((epochs) => [epochs, Math.max(...epochs.map(({ source }) => source.position)) + 3]),
    );
    for (let round = 0; round < 100; round++) {
      let isDone = true;
      for (const [epochs, goal] of goals) {
        const session = epochs.at(-1);
        if (
          session === undefined ||
          (session.phase === 'closed' && session.completed === 1 && session.watermark >= goal)
        )
          continue;
        isDone = false;
        this.help(this.reopen(session), goal);
      }
      this.rest(1_000);
      if (!isDone) continue;
      for (const session of this.sessions) session.flush();
      this.rest();
      ensure(this.window.deliveries === 0 && this.window.bytes === 0, 'the window is empty after the end');
      return;
    }
    ensure(false, 'nothing is stuck: every log is read to its end');
  }

  private help(session: Session, goal: number): void {
    const { source } = session;
    while (session.entered > 0) session.exit();
    while (session.paused) session.unpause(0);
    if (source.asleep) session.wakeSource();
    if (source.detached) session.attach();
    for (const entry of session.in('pending')) session.confirm(entry, 'dead');
    for (const entry of session.in('live'))
      session.settle(entry, entry.attempt, { fate: 'acked', result: undefined }, 'done');
    if (source.position < goal) session.arrive(source.out[0] ?? 1, 1);
    else if (!source.ended) {
      session.detach();
      session.end();
    }
  }
}
