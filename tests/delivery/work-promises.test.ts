import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { HandlerError } from '../../src/observables/delivery/errors.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { ScriptedLog } from '../../marble-tests/delivery/support/scripted-log.js';

/** A promise and the means to settle it. */
function deferred<V>(): { promise: Promise<V>; resolve: (value: V) => void; reject: (error: unknown) => void } {
  let resolve!: (value: V) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<V>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

// Virtual time does not see promises: what only they can show is shown in real time, without waiting for any of it.
describe('work with real promises', () => {
  it('takes what an async function returns, in order with one slot', async () => {
    const log = new ScriptedLog('abc');
    const results = log.stream.pipe(
      work(async (value) => {
        await Promise.resolve();
        return value.toUpperCase();
      }),
      toArray(),
    );
    expect(await lastValueFrom(results)).toEqual(['A', 'B', 'C']);
    expect(log.stream.fate()).toEqual({ delivered: 3, acked: 3, nacked: 0, dead: 0, abandoned: 0, late: 0 });
  });

  it('takes a rejection for a failure', async () => {
    const cause = new Error('no b');
    const log = new ScriptedLog('abc');
    const results = log.stream.pipe(
      work((value) => (value === 'b' ? Promise.reject(cause) : Promise.resolve(value)), { onError: 'fail' }),
      toArray(),
    );
    const failure: unknown = await lastValueFrom(results).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HandlerError);
    expect(failure).toMatchObject({ cause, context: { position: 1n, attempt: 1 } });
  });

  it('a promise that is rejected when nobody waits for it any more is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const late = deferred<string>();
    const started = deferred<void>();
    const log = new ScriptedLog('a');
    const subscription = log.stream
      .pipe(
        work(() => {
          started.resolve();
          return late.promise;
        }),
      )
      .subscribe();
    await started.promise;
    subscription.unsubscribe();
    late.reject(new Error('too late'));
    // Unhandled rejections are found after the microtasks of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
    expect(log.stream.fate()).toMatchObject({ delivered: 1, abandoned: 1, late: 0 });
  });

  it('keeps the slot of a lost delivery until its promise settles', async () => {
    const first = deferred<string>();
    const bothHere = deferred<void>();
    const log = new ScriptedLog('ab');
    const started: string[] = [];
    log.stream.observe().subscribe(({ value }) => {
      if (value === 'b') bothHere.resolve();
    });
    const result = firstValueFrom(
      log.stream.pipe(
        work((value) => {
          started.push(value);
          return value === 'a' ? first.promise : Promise.resolve(value);
        }),
      ),
    );
    await bothHere.promise;
    log.lose('a');
    expect(started).toEqual(['a']);
    first.resolve('a');
    expect(await result).toBe('b');
    expect(started).toEqual(['a', 'b']);
  });
});
