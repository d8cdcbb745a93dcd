import { tap, timer, type Observable } from 'rxjs';
import { text } from '../../../../src/codecs/payload/text.js';
import type { HostedQueue } from '../../../../src/embedded/flo/hosted-flo.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import type { CrashScenario } from '../../../../src/testing/exhaustive/every-crash-point.js';
import { settled } from './numbers.js';

/** What became of a queue. */
export interface Worked {
  /** In the order in which they were done, repeated ones too. */
  readonly done: readonly number[];
  readonly queue: HostedQueue;
}

/** Which mistake the program makes, if any. */
export interface QueueMistakes {
  /** The handler returns before its task is done: that is acked too early. */
  readonly acksEarly?: boolean;
  readonly leaseMs?: number;
}

export const TASKS: readonly number[] = [1, 2, 3, 4, 5, 6];
const OPTIONS = { codec: text(), window: { deliveries: 3 }, blockMs: 50 };

/** Tasks are leased for 60 ms and done two at a time, in 8 ms each; every third takes longer than its lease. */
export const queueWork = ({ acksEarly = false, leaseMs = 60 }: QueueMistakes = {}): CrashScenario<Worked> =>
  function* ({ flo, crashable }) {
    const { enqueue, server, newClient } = flo();
    enqueue('tasks', ...TASKS.map(String));
    const done: number[] = [];
    const handle = (task: number): Observable<unknown> =>
      timer(task % 3 === 0 ? 100 : 8).pipe(tap(() => done.push(task)));

    crashable(() => {
      newClient()
        .queue.messages('tasks', { ...OPTIONS, visibilityTimeoutMs: leaseMs })
        .pipe(work((task) => (acksEarly ? handle(Number(task)).subscribe() : handle(Number(task))), { concurrency: 2 }))
        .subscribe();
    });

    const isEmpty = ({ ready, delayed, leased }: HostedQueue): boolean => ready + delayed + leased === 0;
    yield* settled(() => new Set(done).size === TASKS.length && isEmpty(server.queue('tasks')));
    return { done, queue: server.queue('tasks') };
  };
