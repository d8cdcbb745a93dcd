import fc from 'fast-check';
import type { Entry } from './entry.js';
import type { Reply } from './scripted-source.js';
import type { Session } from './session.js';
import { World, type WorldPlan } from './world.js';

type Act = (world: World, session: Session, pick: number, extra: number) => void;

function one<M>(members: readonly M[], pick: number): M | undefined {
  return members[pick % Math.max(1, members.length)];
}

/** Mostly what is unsettled, sometimes whatever was handed out in any epoch. */
function anyEntry(world: World, session: Session, pick: number): Entry | undefined {
  const unsettled = session.in('live');
  if (pick % 4 > 0 && unsettled.length > 0) return one(unsettled, pick >> 2);
  return one(
    world.sessions.flatMap(({ entries }) => entries).filter(({ emitted }) => emitted),
    pick >> 2,
  );
}

function settling(fate: 'acked' | 'nacked' | 'dead', replies: readonly Reply[]): Act {
  return (world, session, pick, extra) => {
    const entry = anyEntry(world, session, pick);
    if (entry === undefined) return;
    const attempt = extra % 8 === 7 ? Math.max(1, entry.attempt - 1) : entry.attempt;
    const reply = replies[(extra >> 3) % replies.length] ?? 'done';
    if (fate === 'nacked') session.settle(entry, attempt, { fate, delayMs: (extra % 4) * 3 }, reply);
    else if (fate === 'acked') session.settle(entry, attempt, { fate, result: extra }, reply);
    else session.settle(entry, attempt, { fate, options: {} }, reply);
  };
}

const ACTS = {
  answer: (_world, session, _pick, extra) => {
    const reserved = session.source.out[0] ?? 1;
    const carry = [0, 0, 1, 3, reserved, 0][extra % 6] ?? 0;
    const bytes = extra % 6 === 5 ? Math.max(1, reserved >> 1) : reserved + carry;
    session.arrive(bytes, 1 + (extra % 3));
  },
  answerEmpty: (_world, session) => session.answerEmpty(),
  lateAnswer: (world, _session, pick) => one(world.sessions, pick)?.arrive(1, 1),
  detach: (_world, session) => session.detach(),
  attach: (_world, session) => session.attach(),
  ack: settling('acked', ['done', 'done', 'done', 'done', 'wait', 'inside', 'throw', 'fail']),
  nack: settling('nacked', ['again', 'again', 'again', 'again', 'again', 'throw']),
  dead: settling('dead', ['wait', 'wait', 'inside', 'done', 'again', 'throw']),
  confirm: (world, session, pick, extra) => {
    const pending = [...session.in('pending'), ...world.sessions.flatMap((one) => one.in('leaving'))];
    const entry = pending.length > 0 ? one(pending, pick) : anyEntry(world, session, pick);
    entry?.session.confirm(entry, extra % 4 === 0 ? 'acked' : 'dead');
  },
  lose: (world, session, pick) => {
    const entry =
      pick % 8 === 0 ? anyEntry(world, session, 0) : one(session.in('ready', 'live', 'pending', 'waiting'), pick >> 3);
    entry?.session.lose(entry);
  },
  forsake: (world, session, pick) => {
    const entry = anyEntry(world, session, pick);
    entry?.session.forsake(entry);
  },
  flush: (world, _session, pick) => one(world.sessions, pick)?.flush(),
  pause: (_world, session, pick) => session.pause(pick % 2 === 0 ? 'breaker' : 'night'),
  unpause: (_world, session, pick) => session.unpause(pick),
  enter: (_world, session) => session.enter(),
  exit: (_world, session) => session.exit(),
  hold: (world, session, pick) => {
    const entry = anyEntry(world, session, pick);
    if (entry !== undefined) entry.session.hold(entry);
  },
  unhold: (world, session, pick) => {
    const entry =
      one(
        session.entries.filter(({ held }) => held),
        pick,
      ) ?? anyEntry(world, session, pick);
    if (entry !== undefined) entry.session.unhold(entry);
  },
  turn: (world) => world.clock.turn(),
  rest: (world, _session, pick) => world.rest(pick % 12),
  drain: (_world, session, _pick, extra) => session.drain(extra % 30),
  close: (_world, session) => session.close(),
  reopen: (world, session) => void world.reopen(session),
  end: (_world, session) => session.end(),
  fail: (_world, session) => session.fail(),
} satisfies Record<string, Act>;

type Name = keyof typeof ACTS;
/** What is done, to which stream, to which delivery, and how. */
export type Command = readonly [name: Name, stream: number, pick: number, extra: number];

const WEIGHTS: Record<Name, number> = {
  answer: 24,
  answerEmpty: 3,
  lateAnswer: 1,
  detach: 1,
  attach: 3,
  ack: 14,
  nack: 6,
  dead: 4,
  confirm: 5,
  lose: 2,
  forsake: 2,
  flush: 2,
  pause: 2,
  unpause: 4,
  enter: 1,
  exit: 3,
  hold: 5,
  unhold: 1,
  turn: 4,
  rest: 14,
  drain: 1,
  close: 1,
  reopen: 5,
  end: 1,
  fail: 1,
};

/** What a subscriber can do from inside `next`. */
const REACTIONS: readonly Name[] = [
  'ack',
  'nack',
  'dead',
  'hold',
  'pause',
  'enter',
  'drain',
  'close',
  'fail',
  'lose',
  'forsake',
  'exit',
  'unpause',
];

const weighted = (Object.keys(WEIGHTS) as Name[]).flatMap((name) => new Array<Name>(WEIGHTS[name]).fill(name));
const number = fc.nat({ max: 255 });
const bit = fc.nat({ max: 1 });

const reaction: fc.Arbitrary<Command | undefined> = fc.option(
  fc.tuple(fc.constantFrom(...REACTIONS), bit, number, number),
  {
    nil: undefined,
    freq: 2,
  },
);

/** A story: who takes part, what happens, and what the subscriber does each time it is handed something. */
export function stories(streams: number, maxLength: number) {
  const plan: fc.Arbitrary<WorldPlan> = fc.record({
    streams: fc.constant(streams),
    window: fc.record({ deliveries: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 40 }) }),
    depth: fc.integer({ min: 1, max: 3 }),
    sizes: fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 3 }),
    givesBack: fc.boolean(),
    flushesLate: fc.boolean(),
  });
  const commands = fc.array(fc.tuple(fc.constantFrom(...weighted), bit, number, number), { maxLength, size: 'max' });
  return fc.record({ plan, commands, reactions: fc.array(reaction, { maxLength: 20, size: 'max' }) });
}

export interface Story {
  readonly plan: WorldPlan;
  readonly commands: readonly Command[];
  readonly reactions: readonly (Command | undefined)[];
}

/** Plays a story to its good end; throws with the invariant that was broken. */
export function play({ plan, commands, reactions }: Story): void {
  const world = new World(plan);
  const perform = ([name, stream, pick, extra]: Command): void => {
    const session = one(world.present, stream);
    if (session !== undefined) ACTS[name](world, session, pick, extra);
  };
  let handed = 0;
  world.react = () => {
    const command = reactions[handed++];
    if (command !== undefined) perform(command);
  };
  for (const command of commands) {
    perform(command);
    world.check();
  }
  world.rest();
  world.finish();
}
