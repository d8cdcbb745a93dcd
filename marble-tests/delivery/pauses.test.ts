import { map } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { DUTY, type Flow } from '../../src/observables/delivery/types.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** Pauses from one millisecond to another, as an operator does. */
function paused(log: ScriptedLog, reason: string, fromMs: number, toMs: number): void {
  clock.after(fromMs, () => {
    const resume = (log.core as Flow).pause(reason);
    clock.after(toMs - fromMs, resume);
  });
}

describe('Flow.pause', () => {
  it('is reached through the duty of a delivery', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const once = log.stream.pipe(
        map((delivery) => {
          if (delivery.value === 'a') clock.after(10, delivery[DUTY].flow.pause('operator'));
          return delivery;
        }),
        autoAck(),
      );
      const expected = '-a----------b(c|)';

      expectObservable(once).toBe(expected);
    });
  });

  it('stops fetching and handing out; what was asked for waits', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd', { latencyMs: 3 });
      paused(log, 'test', 4, 20);
      // `b` is asked for at 3 and is here at 6.
      const expected = '---a----------------b--c--(d|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
      flush();
      expect(log.asked.map(({ atMs }) => atMs)).toEqual([0, 3, 20, 23]);
    });
  });

  it('lets work that is under way finish, and settle', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab', { window: { deliveries: 1 } });
      paused(log, 'test', 2, 20);
      const expected = '----a----------------(b|)';

      expectObservable(log.stream.pipe(work((value) => later(value === 'a' ? 3 : 0, value)))).toBe(expected);
    });
  });

  it('adds up: all who paused must have resumed', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { latencyMs: 3 });
      paused(log, 'breaker', 1, 5);
      paused(log, 'operator', 2, 10);
      paused(log, 'breaker', 8, 12);
      const expected = '------------a--b--(c|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
    });
  });

  it('two pauses with the same name are two', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      paused(log, 'breaker', 2, 5);
      paused(log, 'breaker', 3, 10);
      const expected = '-a--------b(c|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
    });
  });

  it('resuming twice counts once', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      clock.after(2, () => {
        const resume = log.core.pause('one');
        clock.after(3, () => {
          resume();
          resume();
        });
        clock.after(8, log.core.pause('two'));
      });
      const expected = '-a--------b(c|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
    });
  });

  it('never hands anything out from inside the call that resumes', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const seen: string[] = [];
      log.stream.pipe(autoAck()).subscribe((value) => seen.push(value));
      clock.after(0, () => {
        const resume = log.core.pause('test');
        clock.after(5, () => {
          resume();
          expect(seen).toEqual([]);
        });
      });
      flush();
      expect(seen).toEqual(['a', 'b']);
    });
  });

  it('holds back what comes again', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      paused(log, 'test', 2, 20);
      const expected = '-1------------------(2|)';
      const attempts = log.stream.pipe(
        map((delivery) => {
          if (delivery.attempt === 1) delivery.nack({ delayMs: 5 });
          else delivery.ack();
          return String(delivery.attempt);
        }),
      );

      expectObservable(attempts).toBe(expected);
    });
  });

  it('does not hold a drain', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { latencyMs: 3 });
      paused(log, 'test', 1, 100);
      clock.after(5, () => log.stream.drain().subscribe());
      const expected = '-----|';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
    });
  });

  it('ends with its epoch', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      paused(log, 'test', 2, 1_000);
      const until = '    ^----!     ';
      const first = '    -a----     ';
      const from = '     -----^     ';
      const second = '   ------b(c|)';

      expectObservable(log.stream.pipe(autoAck()), until).toBe(first);
      expectObservable(log.stream.pipe(autoAck()), from).toBe(second);
    });
  });
});

describe('Flow.enter and exit', () => {
  it('between them nothing reaches the subscriber', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { latencyMs: 2 });
      clock.after(3, () => log.core.enter());
      clock.after(5, () => log.core.enter());
      clock.after(7, () => log.core.exit());
      clock.after(8, () => log.core.exit());
      const expected = '--a-----(bc|)';

      expectObservable(log.stream.pipe(autoAck())).toBe(expected);
    });
  });

  it('not even the end, or an error', () => {
    run(({ expectObservable }) => {
      const ends = new ScriptedLog('a', { latencyMs: 2 });
      const breaks = new ScriptedLog('#', { latencyMs: 2 });
      for (const log of [ends, breaks]) {
        clock.after(1, () => log.core.enter());
        clock.after(6, () => log.core.exit());
      }
      const error = expect.objectContaining({ code: 'SCRIPT' });

      expectObservable(ends.stream.pipe(autoAck())).toBe('------(a|)');
      expectObservable(breaks.stream.pipe(autoAck())).toBe('------#', undefined, error);
    });
  });
});
