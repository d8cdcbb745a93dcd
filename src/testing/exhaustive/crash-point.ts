import { CONNECTION_LETTERS } from '../wires/wire-event.js';
import type { WireMoment } from '../wires/wire.js';
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

interface Plan extends Pick<Strike, 'crash' | 'blow' | 'target'> {
  readonly who: string;
  readonly whatIsLost?: string;
}

/** All points of a run, by moments. */
export function crashPoints(moments: readonly Moment[], cast: Cast, crashes: readonly CrashKind[]): Strike[] {
  const strikes: Strike[] = [];
  moments.forEach((moment, index) => {
    const isLastOfTurn = moments[index + 1]?.event === undefined;
    for (const plan of plansAt(moment, isLastOfTurn, cast)) {
      if (!crashes.includes(plan.crash)) continue;
      const words = wordsOf(plan, moment);
      strikes.push({ ...plan, number: strikes.length + 1, atMs: moment.atMs, words, index, moment });
    }
  });
  return strikes;
}

/**
 * Between turns anything may crash. In one, it matters only which of the frames that go one after the other is the last
 * to get through.
 */
function* plansAt(
  { event, wire, open, alive }: Moment,
  isLastOfTurn: boolean,
  { servers, programs }: Cast,
): Generator<Plan> {
  const broken = (target: number): string => `the connections to ${servers[target]} break`;
  const cut = (target: number): Plan => {
    const whatIsLost = 'what was sent arrives, what is to come is lost';
    return { crash: 'connection', blow: 'cut', target, who: broken(target), whatIsLost };
  };
  const reset = (target: number): Plan => {
    const whatIsLost = 'all that is under way is lost';
    return { crash: 'connection', blow: 'reset', target, who: broken(target), whatIsLost };
  };
  const kills = programs
    .map((name, target): Plan => ({ crash: 'process', blow: 'kill', target, who: `${name} crashes` }))
    .filter(({ target }) => alive[target] === true);

  if (event === undefined) {
    for (const [target, connections] of open.entries()) {
      if (connections > 0) yield* [cut(target), reset(target)];
      yield { crash: 'server', blow: 'stop', target, who: `${servers[target]} crashes` };
    }
    yield* kills;
  } else if (event.value.direction === 'sent') {
    if (isFrame(event)) yield cut(wire);
    yield* kills;
  } else if (isFrame(event) && !isLastOfTurn) {
    yield reset(wire);
  }
}

function isFrame({ value }: WireMoment): boolean {
  return !Object.values<string>(CONNECTION_LETTERS).includes(value.name);
}

function wordsOf({ who, whatIsLost }: Plan, { atMs, event }: Moment): string {
  const behind = whatIsLost === undefined ? '' : `: ${whatIsLost}`;
  return `${who} at ${atMs} ms${placeOf(event)}${behind}`;
}

function placeOf(event: WireMoment | undefined): string {
  if (event === undefined) return '';
  const { direction, name } = event.value;
  if (direction === 'received') return `, behind ${name}`;
  if (name === 'connect') return ', before the client connects';
  return name === 'close' ? ', before the client closes the connection' : `, before ${name} is sent`;
}
