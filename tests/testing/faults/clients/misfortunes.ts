import { config } from 'rxjs';
import { fault, type Fault } from '../../../../src/testing/faults/fault.js';
import { marbles } from '../../../../src/testing/kit/marbles.js';
import type { MarbleKit } from '../../../../src/testing/kit/kit.js';
import type { Script } from '../../../../src/testing/run/script.js';

/** Each kind of fault, by a name for a test. */
export const MISFORTUNES = {
  drop: [fault.drop()],
  'split into bytes': [fault.split()],
  'split into seven bytes': [fault.split(7)],
  'a short delay': [fault.delay(60, 300)],
  'a delay beyond all patience': [fault.delay(900, 2_500)],
  'a lost request': [fault.dropFrame('sent')],
  'three lost requests': [fault.dropFrame('sent', 3)],
  'a lost answer': [fault.dropFrame('received')],
  'three lost answers': [fault.dropFrame('received', 3)],
  'a request twice': [fault.duplicate('sent')],
  'an answer twice': [fault.duplicate('received')],
  'a damaged request': [fault.corrupt('sent')],
  'a damaged answer': [fault.corrupt('received')],
  'an answer damaged at its end': [fault.corrupt('received', { byte: -1 })],
  'an overtaken answer': [fault.reorder({ withinMs: 150 })],
  'half-open': [fault.halfOpen()],
  'half-open for a while': [fault.halfOpen(300)],
  'slow readers': [fault.slowReader({ bytesPerMs: 20 })],
  'a restart': [fault.restart({ downMs: 250 })],
  'a restart in no time': [fault.restart({ downMs: 0 })],
  'the clock an hour ahead': [fault.clockJump(3_600_000)],
  'the clock an hour behind': [fault.clockJump(-3_600_000)],
  'half-open, and the clock an hour behind': [fault.halfOpen(), fault.clockJump(-3_600_000)],
} satisfies Readonly<Record<string, readonly Fault[]>>;

/** Those whose names are not among these. */
export function misfortunesBut(...names: (keyof typeof MISFORTUNES)[]): [string, readonly Fault[]][] {
  return Object.entries(MISFORTUNES).filter(([name]) => !names.some((each) => each === name));
}

/** Plays a script in virtual time; what nobody handles fails it. */
export function playing(script: (kit: MarbleKit) => Script, seed: number): void {
  const unhandled: unknown[] = [];
  config.onUnhandledError = (error) => unhandled.push(error);
  try {
    marbles(script, { seed, limitMs: 600_000 });
  } finally {
    config.onUnhandledError = null;
  }
  expect(unhandled).toEqual([]);
}

/** Waits until `condition` holds, by the timers: what the clock says may jump. */
export function* within(ms: number, condition: () => boolean): Script {
  for (let waitedMs = 0; waitedMs < ms && !condition(); waitedMs += 10) yield 10;
}

/** The moments at which the misfortunes of a test happen: from the first connect on, over the first exchanges. */
export function moments(stepMs: number, untilMs = 200): number[] {
  return Array.from({ length: Math.ceil(untilMs / stepMs) }, (_, index) => 1 + index * stepMs);
}
