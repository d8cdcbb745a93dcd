import fc from 'fast-check';
import { clock } from '../../../src/foundation/clock.js';
import { marbles } from '../../../src/testing.js';
import { Audit } from './audit.js';
import { HotWorld, type HotPlan } from './world.js';

type Act = (world: HotWorld, pick: number, extra: number) => void;

function one<M>(members: readonly M[], pick: number): M | undefined {
  return members[pick % Math.max(1, members.length)];
}

/** Mostly a vote that is out, sometimes any that ever was. */
function voting(decision: 'ack' | 'nack' | 'dead'): Act {
  return (world, pick, extra) => {
    const papers = extra % 8 > 0 && world.open.length > 0 ? world.open : world.papers;
    const paper = one(papers, pick);
    if (paper === undefined) return;
    const voters = extra % 8 > 1 && paper.open.length > 0 ? paper.open : paper.shown;
    const voter = one(voters, extra >> 3);
    if (voter !== undefined) world.vote(paper, voter, decision, (extra % 5) * 4);
  };
}

const ACTS = {
  join: (world) => world.join(),
  leave: (world, pick) => world.leave(one(world.alive, pick)),
  leaveAgain: (world, pick) => world.leave(one(world.members, pick)),
  answer: (world, _pick, extra) => world.answer(1 + (extra % 7)),
  ack: voting('ack'),
  nack: voting('nack'),
  dead: voting('dead'),
  hold: (world, pick, extra) => {
    const paper = one(world.open, pick);
    const voter = one(paper?.open ?? [], extra);
    if (paper !== undefined && voter !== undefined) world.hold(paper, voter);
  },
  holdAll: (world) => {
    for (const paper of world.open) for (const voter of paper.open) world.hold(paper, voter);
  },
  unhold: (world, pick, extra) => {
    const paper = one(world.open, pick);
    const voter = one([...(paper?.held ?? [])], extra);
    if (paper !== undefined && voter !== undefined) world.unhold(paper, voter);
  },
  confirm: (world, pick) => {
    const paper = one(
      world.papers.filter(({ state }) => state === 'pending' || state === 'leaving'),
      pick,
    );
    if (paper !== undefined) world.confirm(paper);
  },
  lose: (world, pick) => {
    const paper = one(
      world.papers.filter(({ state }) => state !== 'done'),
      pick,
    );
    if (paper !== undefined) world.lose(paper);
  },
  drain: (world, _pick, extra) => world.drain(extra % 60),
  fail: (world) => world.fail(),
  flush: (world) => world.flush(),
  wait: () => undefined,
} satisfies Record<string, Act>;

type Name = keyof typeof ACTS;
/** What is done, to whom, and how. */
export type Command = readonly [name: Name, pick: number, extra: number];

const WEIGHTS: Record<Name, number> = {
  ...{ join: 8, leave: 4, leaveAgain: 1, answer: 24, ack: 16, nack: 8, dead: 5, hold: 5, holdAll: 2, unhold: 2 },
  ...{ confirm: 6, lose: 3, drain: 1, fail: 1, flush: 3, wait: 4 },
};
/** What a subscriber can do from inside `next`. */
const REACTIONS: readonly Name[] = [
  ...(['ack', 'ack', 'nack', 'dead', 'leave', 'leave', 'join', 'hold', 'lose', 'drain', 'fail', 'confirm'] as const),
];

const weighted = (Object.keys(WEIGHTS) as Name[]).flatMap((name) => new Array<Name>(WEIGHTS[name]).fill(name));
const number = fc.nat({ max: 255 });

/** Subscribers that come and go, and what they make of what they are handed. */
export function stories(maxLength: number) {
  const plan: fc.Arbitrary<HotPlan> = fc.record({
    window: fc.record({ deliveries: fc.integer({ min: 1, max: 6 }), bytes: fc.integer({ min: 1, max: 30 }) }),
    depth: fc.integer({ min: 1, max: 3 }),
    replies: fc.array(fc.constantFrom('done', 'wait', 'again', 'again'), { minLength: 1, maxLength: 4 }),
    flushesLate: fc.boolean(),
  });
  const command: fc.Arbitrary<Command> = fc.tuple(fc.constantFrom(...weighted), number, number);
  const reaction = fc.option(fc.tuple(fc.constantFrom(...REACTIONS), number, number), { nil: undefined, freq: 2 });
  return fc.record({
    plan,
    members: fc.integer({ min: 1, max: 4 }),
    commands: fc.array(command, { maxLength, size: 'max' }),
    reactions: fc.array(reaction, { maxLength: 30, size: 'max' }),
  });
}

export interface Story {
  readonly plan: HotPlan;
  readonly members: number;
  readonly commands: readonly Command[];
  readonly reactions: readonly (Command | undefined)[];
}

/** Tells a story in virtual time, a command every ten milliseconds; throws with the invariant that was broken. */
export function tell({ plan, members, commands, reactions }: Story): void {
  marbles(({ flush }) => {
    const world = new HotWorld(plan);
    const audit = new Audit(world);
    let broken: { readonly error: unknown } | undefined;
    /** What is thrown inside a subscriber RxJS would report much later. */
    const guarded = (then: () => void) => (): void => {
      if (broken !== undefined) return;
      try {
        then();
      } catch (error) {
        broken ??= { error };
      }
    };
    const perform = ([name, pick, extra]: Command): void => ACTS[name](world, pick, extra);
    let handed = 0;
    world.guard = guarded;
    world.react = () => {
      const command = reactions[handed++];
      if (command !== undefined) perform(command);
    };
    for (let at = 0; at < members; at++) world.join();
    for (const [at, command] of commands.entries()) {
      clock.after(
        at * 10,
        guarded(() => {
          perform(command);
          audit.check();
        }),
      );
      clock.after(
        at * 10 + 1,
        guarded(() => audit.rest()),
      );
    }
    clock.after(
      commands.length * 10,
      guarded(() => {
        world.react = undefined;
        for (const member of world.alive) world.leave(member);
        world.flush();
      }),
    );
    flush();
    guarded(() => audit.finish())();
    if (broken !== undefined) throw broken.error;
  });
}
