import { map, take } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { drainAt, NO_FATES } from './support/draining.js';
import { run } from './support/marbles.js';
import { ScriptedLog, type LogScript } from './support/scripted-log.js';

/** Everything is dead; that takes 5 ms. */
const SLOW: LogScript = { dead: 'wait', deadMs: 5 };

describe('a decision that is under way when the session of a log ends', () => {
  it('counts in the report of a drain whose deadline came first', () => {
    run(() => {
      const log = new ScriptedLog('a', { ...SLOW, flushMs: 20 });
      log.stream.pipe(map((delivery) => delivery.dead())).subscribe();
      const reports = drainAt(log, 2, 1);
      clock.after(100, () => expect(reports).toEqual([[23, { ...NO_FATES, delivered: 1, dead: 1 }]]));
    });
  });

  it('does not move the watermark any more', () => {
    run(() => {
      const log = new ScriptedLog('ab', { ...SLOW, flushMs: 20 });
      log.stream
        .pipe(
          map((delivery) => delivery.dead()),
          take(1),
        )
        .subscribe();
      clock.after(100, () => expect(log.position).toBe(0));
    });
  });
});
