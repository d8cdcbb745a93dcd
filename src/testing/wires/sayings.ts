import type { MarbleRun } from '../run/marble-run.js';
import type { FrameReading } from './framed-wire.js';
import type { HeardFrame } from './scripted-place.js';
import { Steps, type Step } from './steps.js';

/** Bytes that a peer says, or how they are made of what it has heard. */
export type Saying<H> = Uint8Array | ((heard: H) => Uint8Array);

/** Says something to what has been heard, or nothing. */
export type SayingTo<H> = (heard: H) => Saying<H> | readonly Saying<H>[] | undefined | void;

/** What a peer answers: a function of what it has heard, or a list of what it expects and then says. */
export type FrameScript<H> = SayingTo<H> | readonly Step<Saying<H>>[];

/** Says what a script has for each frame. */
export function following<H extends HeardFrame>(
  script: FrameScript<H>,
  run: MarbleRun,
  peer: string,
): (heard: H, reading: FrameReading<unknown>) => void {
  const answersTo = typeof script === 'function' ? script : inSteps(script, run, peer);
  return (heard, reading) => {
    const answer = answersTo(heard, reading);
    if (answer === undefined) return;
    const sayings: readonly Saying<H>[] = isOne(answer) ? [answer] : answer;
    for (const saying of sayings) heard.end.write(typeof saying === 'function' ? saying(heard) : saying);
  };
}

function inSteps<H>(
  script: readonly Step<Saying<H>>[],
  run: MarbleRun,
  peer: string,
): (heard: H, reading: FrameReading<unknown>) => readonly Saying<H>[] {
  const steps = new Steps(script, run, peer);
  return (_, reading) => steps.next({ ...reading.fields, name: reading.name }, () => reading.words());
}

function isOne<H>(answer: Saying<H> | readonly Saying<H>[]): answer is Saying<H> {
  return typeof answer === 'function' || answer instanceof Uint8Array;
}
