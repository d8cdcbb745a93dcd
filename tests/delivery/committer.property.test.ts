import fc from 'fast-check';
import { Committer } from '../../src/observables/delivery/core/committer.js';
import { ensure } from './model/ensure.js';
import { ManualClock } from './model/manual-clock.js';
import { runs } from './model/seed.js';

const EVERY_MS = 10;

describe('a committer', () => {
  const { title, parameters } = runs(2_000, 10_000);
  const step = fc.tuple(
    fc.constantFrom('settle', 'settle', 'settle', 'stuck', 'stored', 'stored', 'failed', 'advance', 'close'),
    fc.nat(),
  );

  it(`stores the watermark, never less than before, one save at a time, and the last one at the end (${title})`, () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.array(step, { maxLength: 40, size: 'max' }),
        (start, everyCount, isSlow, steps) => {
          const clock = new ManualClock();
          let watermark = start;
          let stored = start;
          let tried = start;
          let unsaved = 0;
          let unsavedSinceMs = 0;
          let closed = false;
          let flushes = 0;
          let savesAfterClose = 0;
          const failures: unknown[] = [];
          let failed = 0;
          let saving: ((error?: unknown) => void) | undefined;
          const committer = new Committer(clock, start, () => watermark, {
            everyMs: EVERY_MS,
            everyCount,
            save: (position, done) => {
              ensure(saving === undefined, 'one save at a time');
              ensure(position === watermark, 'the watermark is stored');
              ensure(position >= tried, 'never less than before');
              ensure(position !== stored, 'only what has moved');
              ensure(flushes === 0, 'nothing after the flush');
              if (closed) savesAfterClose++;
              tried = position;
              unsaved = 0;
              saving = (error) => {
                saving = undefined;
                unsavedSinceMs = clock.now();
                if (error === undefined) stored = position;
                else failed++;
                done(error);
              };
              if (!isSlow) saving();
            },
            failed: (error) => failures.push(error),
          });
          const close = (): void => {
            closed = true;
            committer.close(() => flushes++);
          };
          for (const [what, pick] of steps) {
            if (what === 'settle' && !closed) {
              watermark += 1 + (pick % 3);
              if (unsaved++ === 0) unsavedSinceMs = clock.now();
              committer.settled();
            } else if (what === 'stuck') committer.settled();
            else if (what === 'stored') saving?.();
            else if (what === 'failed') saving?.('the disk is full');
            else if (what === 'advance') clock.advance(pick % (EVERY_MS + 5));
            else if (what === 'close' && pick % 4 === 0 && !closed) close();

            ensure(failures.length === failed, 'failures are told');
            ensure(clock.size <= 1, 'one timer');
            if (closed) ensure(clock.size === 0, 'no timer after the end');
            if (!closed && saving === undefined && watermark !== stored) {
              ensure(unsaved < everyCount, 'by count');
              ensure(clock.size === 1, 'a timer is set');
              if (failed === 0) ensure(clock.now() - unsavedSinceMs < EVERY_MS, 'by time');
            }
          }
          if (!closed) close();
          for (let answers = 0; saving !== undefined; answers++) {
            ensure(answers < 3, 'the end comes');
            saving();
          }
          ensure(flushes === 1, 'flushed once');
          // Whatever could not be stored was tried: the last try was for the last position.
          ensure(stored === watermark || tried === watermark, 'the last position is tried');
          ensure(failed > 0 || stored === watermark, 'the last position is stored');
          ensure(savesAfterClose <= 1, 'one save at the end');
          clock.advance(EVERY_MS * 3);
          ensure(saving === undefined, 'nothing after the end');
        },
      ),
      parameters,
    );
  });
});
