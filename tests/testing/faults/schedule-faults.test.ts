import { asyncScheduler, Subscription } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import { fault, type Fault } from '../../../src/testing/faults/fault.js';
import { DEFAULT_FAULTS, faultInWords } from '../../../src/testing/faults/letters.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import { assertMarbles } from '../../../src/testing/marbles/assert-marbles.js';
import type { Recording } from '../../../src/testing/marbles/recording.js';
import { currentRun } from '../../../src/testing/run/marble-run.js';
import { scheduleFaults, type FaultTarget } from '../../../src/testing/faults/schedule-faults.js';

/** A target that notes what happens to it, and that all of it meets something. */
class Noted implements FaultTarget {
  readonly name = 'noted';
  readonly notes: string[] = [];
  readonly wire = {
    apply: (given: Fault, met: () => void): void => {
      this.note(given.kind);
      met();
    },
    check: (): void => {},
    whenUsed: (met: () => void): Subscription => {
      met();
      return Subscription.EMPTY;
    },
  };
  readonly server = { stop: (): unknown => this.note('stop'), start: (): unknown => this.note('start') };

  private note(what: string): void {
    this.notes.push(`${currentRun().nowMs} ${what}`);
  }
}

describe('faults as marbles', () => {
  it('happen at the moments of their letters, and are a recording themselves', () => {
    const target = new Noted();
    let recording!: Recording;
    marbles(() => {
      recording = scheduleFaults('--d 10ms (sx)-h', { x: fault.delay(5) }, target);
    });
    expect(target.notes).toEqual(['2 drop', '13 split', '13 delay', '18 heal']);
    assertMarbles(recording, '--d 10ms (sx)-h');
    assertMarbles(recording, '--d 10ms (sx)-h', { x: fault.delay(5) });
    expect(recording.name).toBe('faults of noted');
    expect(recording.events.map(({ words }) => words)).toEqual([
      'connections dropped',
      'split into single bytes',
      'delay by 5 ms',
      'healed',
    ]);
  });

  it('have letters of their own, which a test may use otherwise', () => {
    const target = new Noted();
    marbles(() => {
      scheduleFaults(Object.keys(DEFAULT_FAULTS).join(''), { d: fault.heal() }, target);
    });
    expect(target.notes.map((note) => note.split(' ')[1])).toEqual([
      'heal',
      ...Object.values(DEFAULT_FAULTS)
        .slice(1)
        .map(({ kind }) => kind),
    ]);
  });

  it('refuse a letter that stands for nothing, and say which there are', () => {
    const badly = (diagram: string): (() => void) => {
      return () => marbles(() => void scheduleFaults(diagram, { x: fault.restart({ downMs: 7 }) }, new Noted()));
    };
    expect(badly('--q')).toThrow(/q stands for no fault here.*x \(server restarts, down for 7 ms\)/);
    expect(badly('--|')).toThrow(/\| stands for no fault/);
    expect(badly('--#')).toThrow(/# stands for no fault/);
    expect(badly('--(d')).toThrow(/group/);
  });

  it('restart a server; the last of restarts that overlap says when it comes back', () => {
    const target = new Noted();
    marbles(() => {
      scheduleFaults('-a--b', { a: fault.restart({ downMs: 10 }), b: fault.restart({ downMs: 20 }) }, target);
    });
    expect(target.notes).toEqual(['1 stop', '4 stop', '24 start']);
  });

  it('are all there are words for', () => {
    const all: Fault[] = [
      ...Object.values(DEFAULT_FAULTS),
      fault.split(3),
      fault.delay(1, 2),
      fault.dropFrame('sent', 2),
      fault.halfOpen(5),
      fault.slowReader({ bytesPerMs: 2 }),
      fault.restart({ downMs: 3 }),
      fault.clockJump(-4),
    ];
    const words = all.map(faultInWords);
    expect(new Set(words).size).toBe(all.length);
    for (const each of words) expect(each).toMatch(/^[a-z][ -~]+$/);
  });

  it('refuse values out of range', () => {
    for (const bad of [
      () => fault.split(0),
      () => fault.delay(-1),
      () => fault.delay(1, Number.NaN),
      () => fault.dropFrame('up' as 'sent'),
      () => fault.dropFrame('sent', 0),
      () => fault.corrupt('sent', { bit: 8 }),
      () => fault.corrupt('sent', { bytes: 1 } as object),
      () => fault.reorder({ within: 1 } as object),
      () => fault.slowReader({ bytesPerMs: 0 }),
      () => fault.restart({} as { downMs: number }),
      () => fault.clockJump(Number.POSITIVE_INFINITY),
    ]) {
      expect(bad).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

describe('a jump of the clock', () => {
  it('moves timestamps, neither timers nor deadlines, and is undone with the run', () => {
    const seen: string[] = [];
    const before = asyncScheduler.now;
    marbles(function* () {
      scheduleFaults('10ms j 9ms k', { j: fault.clockJump(3_600_000), k: fault.clockJump(-7_200_000) }, new Noted());
      const note = (): unknown =>
        seen.push(`${currentRun().nowMs}: ${clock.now()} ${clock.date()} ${asyncScheduler.now()}`);
      clock.after(15, note);
      clock.after(25, note);
      yield 30;
    });
    expect(seen).toEqual(['15: 15 3600015 3600015', '25: 25 -3599975 -3599975']);
    expect(asyncScheduler.now).toBe(before);
  });

  it('is undone when the test fails', () => {
    const before = asyncScheduler.now;
    const failing = (): void =>
      marbles(function* () {
        scheduleFaults('j', { j: fault.clockJump(1_000) }, new Noted());
        yield 1;
        throw new Error('as expected');
      });
    expect(failing).toThrow('as expected');
    expect(asyncScheduler.now).toBe(before);
  });
});
