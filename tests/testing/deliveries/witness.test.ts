import { NEVER } from 'rxjs';
import type { SessionWatcher } from '../../../src/observables/delivery/core/session-watcher.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { witness } from '../../../src/observables/delivery/witness.js';
import { marbles } from '../../../src/testing/kit/marbles.js';

/** Like a promise, but in virtual time. */
const thenable = { then: (resolved: (value: number) => void) => resolved(1) };

describe('a handler that returns', () => {
  it('a promise is told of: by whom, and what to do', () => {
    const test = (): void =>
      marbles(({ deliveries }) => {
        deliveries('-a|')
          .pipe(work(async (value) => value))
          .subscribe();
      });
    expect(test).toThrow(/work: the handler returned a promise inside virtual time/);
  });

  it('what only looks like one is let be', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      source.pipe(work(() => thenable as PromiseLike<number>)).subscribe();
      expectFate(source).toBe('-a|');
    });
  });
});

describe('the witness', () => {
  it('is gone after the test, and sees each session while it is there', () => {
    const seen: string[] = [];
    marbles(({ deliveries }) => {
      const { present } = witness;
      witness.present = {
        began: (stream, core, lens) => {
          seen.push(stream.name);
          present?.began(stream, core, lens);
        },
        promised: () => undefined,
      };
      const source = deliveries('-a', undefined, { name: 'one' });
      source.subscribe().unsubscribe();
      source.subscribe().unsubscribe();
    });
    expect(seen).toEqual(['one', 'one']);
    expect(witness.present).toBeUndefined();
  });

  it('hears of a decision before the fate, and of the fate before the end', () => {
    const seen: string[] = [];
    marbles(({ deliveries, at }) => {
      const watcher: SessionWatcher = {
        decided: ({ position }, { fate }) => seen.push(`${position} is to be ${fate}`),
        concluded: ({ position }, { fate }, cause) => seen.push(`${position} is ${fate} ${cause ?? ''}`),
        ended: (failure) => seen.push(failure === undefined ? 'complete' : 'error'),
      };
      witness.present = {
        began: (_stream, core) => {
          core.watcher = watcher;
        },
        promised: () => undefined,
      };
      const source = deliveries('abc|');
      source.pipe(work((value) => (value === 'b' ? NEVER : 1), { concurrency: 2 })).subscribe();
      at('----d', { d: () => source.drain({ deadlineMs: 5 }).subscribe(() => seen.push('report')) });
    });
    expect(seen).toEqual([
      '0 is to be acked',
      '0 is acked ',
      '2 is to be acked',
      '2 is acked ',
      '1 is abandoned drain',
      'complete',
      'report',
    ]);
  });
});
