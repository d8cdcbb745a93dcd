import { config } from 'rxjs';
import { fault, type Fault } from '../../../../src/testing/faults/fault.js';
import { marbles } from '../../../../src/testing/kit/marbles.js';
import type { MarbleKit } from '../../../../src/testing/kit/kit.js';
import type { Script } from '../../../../src/testing/run/script.js';

/** At some of the many moments they meet nothing. */
const ifAny = (...faults: readonly Fault[]): readonly Fault[] => faults.map((each) => fault.ifAny(each));

/** Each kind of fault, by a name for a test. */
export const MISFORTUNES = {
  drop: ifAny(fault.drop()),
  'split into bytes': ifAny(fault.split()),
  'split into seven bytes': ifAny(fault.split(7)),
  'a short delay': ifAny(fault.delay(60, 300)),
  'a delay beyond all patience': ifAny(fault.delay(900, 2_500)),
  'a lost request': ifAny(fault.dropFrame('sent')),
  'three lost requests': ifAny(fault.dropFrame('sent', 3)),
  'a lost answer': ifAny(fault.dropFrame('received')),
  'three lost answers': ifAny(fault.dropFrame('received', 3)),
  'a request twice': ifAny(fault.duplicate('sent')),
  'an answer twice': ifAny(fault.duplicate('received')),
  'a damaged request': ifAny(fault.corrupt('sent')),
  'a damaged answer': ifAny(fault.corrupt('received')),
  'an answer damaged at its end': ifAny(fault.corrupt('received', { byte: -1 })),
  'an overtaken answer': ifAny(fault.reorder({ withinMs: 150 })),
  'half-open': ifAny(fault.halfOpen()),
  'half-open for a while': ifAny(fault.halfOpen(300)),
  'slow readers': ifAny(fault.slowReader({ bytesPerMs: 20 })),
  'a restart': ifAny(fault.restart({ downMs: 250 })),
  'a restart in no time': ifAny(fault.restart({ downMs: 0 })),
  'the clock an hour ahead': ifAny(fault.clockJump(3_600_000)),
  'the clock an hour behind': ifAny(fault.clockJump(-3_600_000)),
  'half-open, and the clock an hour behind': ifAny(fault.halfOpen(), fault.clockJump(-3_600_000)),
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
