import type { CrashKind } from './crash-options.js';
import type { Moment } from './trace.js';

/** How something crashes. */
export type Blow =
  /** A connection breaks: what its client has written still arrives, what is on its way to the client is lost. */
  | 'cut'
  /** A connection breaks: whatever is on its way is lost. */
  | 'reset'
  | 'stop'
  | 'kill';

/** One thing that crashes at one moment. */
export interface CrashPoint {
  /** From 1, by moments. */
  readonly number: number;
  readonly crash: CrashKind;
  /** Virtual milliseconds since the run began. */
  readonly atMs: number;
  /** Such as `worker crashes at 31 ms, before it sends QueueAck`. */
  readonly words: string;
}

/** A {@link CrashPoint} as it is carried out. */
export interface Strike extends CrashPoint {
  /** Which moment of the undisturbed run. */
  readonly index: number;
  readonly moment: Moment;
  readonly blow: Blow;
  /** Which server, or which program, from 0. */
  readonly target: number;
}

/** What a scenario has that can crash. */
export interface Cast {
  readonly servers: readonly string[];
  readonly programs: readonly string[];
}

type Plan = Pick<Strike, 'crash' | 'blow' | 'target' | 'words'>;

/** All points of a run, by moments. */
export function crashPoints(moments: readonly Moment[], cast: Cast, crashes: readonly CrashKind[]): Strike[] {
  const strikes: Strike[] = [];
  moments.forEach((moment, index) => {
    const isLast = moments[index + 1]?.event === undefined;
    for (const plan of plansAt(moment, isLast, cast)) {
      if (!crashes.includes(plan.crash)) continue;
      const words = `${plan.words} at ${moment.atMs} ms${placeOf(moment)}`;
      strikes.push({ ...plan, number: strikes.length + 1, atMs: moment.atMs, words, index, moment });
    }
  });
  return strikes;
}

/**
 * Between turns anything may crash. In one, it matters only which of the frames that go one after the other is the last
 * to get through.
 */
function* plansAt({ event, wire }: Moment, isLastOfTurn: boolean, { servers, programs }: Cast): Generator<Plan> {
  const cut = (target: number): Plan => ({
    crash: 'connection',
    blow: 'cut',
    target,
    words: `the connections to ${servers[target]} break, and what comes is lost,`,
  });
  const reset = (target: number): Plan => ({
    crash: 'connection',
    blow: 'reset',
    target,
    words: `the connections to ${servers[target]} break, and what is under way is lost,`,
  });
  const kills = programs.map((name, target): Plan => ({
    crash: 'process',
    blow: 'kill',
    target,
    words: `${name} crashes`,
  }));
  if (event === undefined) {
    for (const [target, name] of servers.entries()) {
      yield cut(target);
      yield reset(target);
      yield { crash: 'server', blow: 'stop', target, words: `${name} crashes` };
    }
    yield* kills;
  } else if (event.value.direction === 'sent') {
    yield cut(wire);
    yield* kills;
  } else if (!isLastOfTurn) {
    yield reset(wire);
  }
}

function placeOf({ event }: Moment): string {
  if (event === undefined) return '';
  const { direction, name } = event.value;
  return direction === 'sent' ? `, before ${name} is sent` : `, behind ${name}`;
}
