import { outsideWorld } from '../../foundation/outside-world.js';
import { witness } from '../../observables/delivery/witness.js';
import { SessionLog } from '../deliveries/session-log.js';
import { OpenStreams } from '../guards/open-streams.js';
import { promised } from '../guards/promises.js';
import { realConnection } from '../guards/real-connections.js';
import type { MarbleOptions } from '../run/options.js';
import { Run } from '../run/run.js';
import type { Script } from '../run/script.js';
import { kitOf, type MarbleKit } from './kit.js';

/**
 * Runs a test in virtual time, where hours take no time: a plain function states what is expected and then time runs,
 * a generator goes through its test step by step, and each number it yields is a pause in milliseconds.
 *
 * It throws when something is not as it was expected to be, with both diagrams one above the other; and when a test
 * could not have told anything or leaves something behind: a handler that returns a promise, a timer that goes on for
 * nothing, a delivery unsettled, a stream still subscribed. Works in any test framework.
 *
 * @throws MarbleMismatchError with both diagrams when they differ.
 * @throws GuardError with what to do about it.
 * @throws {@link InvalidOptionError}
 *
 * @example
 * import { work } from 'sluice';
 * import { marbles } from 'sluice/testing';
 * marbles(({ deliveries, expectObservable, expectFate }) => {
 *   const source = deliveries('-a-b|');
 *   expectObservable(source.pipe(work((value) => value.toUpperCase()))).toBe('-A-B|');
 *   expectFate(source).toBe('                                               -a-a|');
 * });
 */
export function marbles(test: (kit: MarbleKit) => void | Script, options: MarbleOptions = {}): void {
  const streams = new OpenStreams();
  const run = new Run(options, streams);
  run.play((helpers) => {
    const log = SessionLog.of(run);
    witness.present = {
      began(stream, core, lens) {
        streams.began(stream, core, lens);
        log.began(stream, core, lens);
      },
      promised: (who) => run.fail(promised(who)),
    };
    outsideWorld.entered = (what) => run.fail(realConnection(what));
    run.onOver(() => {
      witness.present = undefined;
      outsideWorld.entered = undefined;
    });
    return test(kitOf(run, helpers));
  });
}
