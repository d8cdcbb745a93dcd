import { bufferCount, concatMap, endWith, map, repeat, take, tap, toArray } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { work, type WorkContext } from '../../src/observables/delivery/operators/work.js';
import type { Delivery, FateReport } from '../../src/observables/delivery/types.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import { holdingBuffer } from './support/buffer.js';
import { drainAt, NO_FATES, values } from './support/draining.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

type Context = WorkContext<Delivery<string>>;

const sumOf = ({ acked, nacked, dead, abandoned }: FateReport): number => acked + nacked + dead + abandoned;

describe('drain', () => {
  it('stops fetching, lets what is in flight finish, stores the position and reports', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcdef', { window: { deliveries: 2 } });
      const reports = drainAt(log, 7);
      const expected = '-----a---b---(c|)';

      expectObservable(log.stream.pipe(work((value) => later(4, value)))).toBe(expected);
      flush();
      expect(log.asked).toHaveLength(3);
      expect(log.saved).toEqual([{ atMs: 13, position: 3 }]);
      expect(reports).toEqual([[13, { ...NO_FATES, delivered: 3, acked: 3 }]]);
    });
  });

  it('does nothing until it is subscribed to', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      clock.after(2, () => void log.stream.drain());

      expectObservable(log.stream.pipe(autoAck())).toBe('-ab(c|)');
    });
  });

  it('does not wait for what was asked for, and hands it out to nobody', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { latencyMs: 50 });
      const reports = drainAt(log, 60);

      expectObservable(log.stream.pipe(autoAck())).toBe('50ms a 9ms |');
      flush();
      expect(reports).toEqual([[60, { ...NO_FATES, delivered: 1, acked: 1 }]]);
      expect(log.window.deliveries).toBe(0);
    });
  });

  it('forgets what had arrived and was not handed out yet: nobody has seen it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { latencyMs: 2 });
      clock.after(3, () => log.core.pause('test'));
      const reports = drainAt(log, 10);

      expectObservable(log.stream.pipe(autoAck())).toBe('--a-------|');
      flush();
      expect(reports).toEqual([[10, { ...NO_FATES, delivered: 1, acked: 1 }]]);
      expect(log.position).toBe(1);
    });
  });

  it('gives no credit any more', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      drainAt(log, 5, 10);
      log.stream.subscribe();
      clock.after(6, () => expect(log.core.reserve(1)).toBe(false));
      clock.after(16, () => expect(log.core.reserve(1)).toBe(false));
      flush();
      expect(log.window.deliveries).toBe(0);
    });
  });

  it('completes the subscriber, then reports', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const order: string[] = [];
      log.stream.pipe(work((value) => later(5, value))).subscribe({
        next: (value) => order.push(value),
        complete: () => order.push('complete'),
      });
      clock.after(3, () =>
        log.stream.drain().subscribe({ next: () => order.push('report'), complete: () => order.push('end') }),
      );
      flush();
      expect(order).toEqual(['a', 'b', 'complete', 'report', 'end']);
    });
  });

  it('reports when the position is stored', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true, saveMs: 20 });
      const reports = drainAt(log, 3);

      expectObservable(log.stream.pipe(autoAck())).toBe('-ab|');
      flush();
      expect(log.saved).toEqual([{ atMs: 23, position: 2 }]);
      expect(reports.map(([atMs]) => atMs)).toEqual([23]);
    });
  });

  it('reports on the next turn when nothing is going on', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const reports = drainAt(log, 7);
      const again = drainAt(log, 9);
      flush();
      expect([reports, again]).toEqual([[[7, NO_FATES]], [[9, NO_FATES]]]);
    });
  });

  it('waits for the flush of a subscription that has ended before', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { saveMs: 20 });
      const reports = drainAt(log, 5);

      expectObservable(log.stream.pipe(ack()), '^--!').toBe('-ab');
      flush();
      expect(reports).toEqual([[23, { ...NO_FATES, delivered: 2, acked: 2 }]]);
    });
  });

  it('reports a second after its deadline at the latest, when the flush never ends', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true, flushMs: 'never' });
      const reports = drainAt(log, 3, 100);

      expectObservable(log.stream.pipe(autoAck())).toBe('-ab|');
      flush();
      expect(reports).toEqual([[1_103, { ...NO_FATES, delivered: 2, acked: 2 }]]);
    });
  });

  it('can be asked for from inside next', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd', { depth: 2, window: { deliveries: 4 } });
      const reports: FateReport[] = [];
      const drained = log.stream.pipe(
        tap(({ value }) => {
          if (value === 'b') log.stream.drain().subscribe((report) => reports.push(report));
        }),
        ack(),
      );

      expectObservable(drained).toBe('-(ab|)');
      flush();
      expect(reports).toEqual([{ ...NO_FATES, delivered: 2, acked: 2 }]);
    });
  });

  it.each([-1, Number.NaN, 2 ** 31])('refuses a deadline of %p', (deadlineMs) => {
    const log = new ScriptedLog('a');
    expect(() => log.stream.drain({ deadlineMs })).toThrow(InvalidOptionError);
  });
});

describe('while draining', () => {
  it('a nack is final: the delivery does not come again, and the watermark stays below it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const reports = drainAt(log, 4);
      const fates: string[] = [];
      const nacked = log.stream.pipe(
        tap((delivery) => {
          delivery.outcome$.subscribe(({ fate }) => fates.push(`${delivery.value} ${fate}`));
          if (delivery.value === 'b') clock.after(5, () => delivery.nack({ delayMs: 3 }));
          else delivery.ack();
        }),
        map(({ value }) => value),
      );

      expectObservable(nacked).toBe('-abc---|');
      flush();
      expect(reports).toEqual([[7, { ...NO_FATES, delivered: 3, acked: 2, nacked: 1 }]]);
      expect(log.position).toBe(1);
      expect(fates).toEqual(['a acked', 'c acked', 'b nacked']);
    });
  });

  it('what waits to come again does not: that nack is final, too', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const reports = drainAt(log, 4);
      const late: string[] = [];
      const nacked = log.stream.pipe(
        tap((delivery) => {
          if (delivery.value === 'b') delivery.nack({ delayMs: 1_000 });
          else delivery.ack();
          clock.after(10, () => late.push(delivery.ack()));
        }),
        map(({ value }) => value),
      );

      expectObservable(nacked).toBe('-abc|');
      flush();
      expect(reports).toEqual([[4, { ...NO_FATES, delivered: 3, acked: 2, nacked: 1 }]]);
      expect(log.position).toBe(1);
      expect(late).toEqual(['again', 'again', 'again']);
    });
  });

  it('retries go on', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const reports = drainAt(log, 3);
      const handler = (value: string, { attempt }: Context): string => {
        if (attempt < 3) throw new Error('no');
        return value;
      };
      // 1, then after 10 and 20 ms.
      const results = log.stream.pipe(work(handler, { onError: { retry: { initialMs: 10 } } }));

      expectObservable(results).toBe('31ms (a|)');
      flush();
      expect(reports).toEqual([[31, { ...NO_FATES, delivered: 1, acked: 1 }]]);
    });
  });

  it('dead letters under way are waited for', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true, dead: 'wait', deadMs: 20 });
      const reports = drainAt(log, 3);

      expectObservable(
        log.stream.pipe(
          tap((delivery) => delivery.dead()),
          map(() => 'a'),
        ),
      ).toBe('-a 19ms |');
      flush();
      expect(reports).toEqual([[21, { ...NO_FATES, delivered: 1, dead: 1 }]]);
    });
  });

  it('buffers flush', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const reports = drainAt(log, 5);
      const bundles = log.stream.pipe(
        holdingBuffer(10),
        map((bundle) => bundle.map((delivery) => (delivery.ack(), delivery.value)).join('')),
      );

      expectObservable(bundles).toBe('-----(x|)', { x: 'ab' });
      flush();
      expect(reports).toEqual([[5, { ...NO_FATES, delivered: 2, acked: 2 }]]);
    });
  });

  it('buffers behind buffers flush', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab', { endless: true });
      drainAt(log, 5);
      const bundles = log.stream.pipe(
        holdingBuffer(10, 'first'),
        concatMap((bundle) => bundle),
        holdingBuffer(10, 'second'),
        map((bundle) => bundle.map((delivery) => (delivery.ack(), delivery.value)).join('')),
      );

      expectObservable(bundles).toBe('-----(x|)', { x: 'ab' });
    });
  });

  it('plain buffers hold on until the deadline, and what they hold is abandoned', () => {
    run(({ expectObservable, flush }) => {
      const counted = new ScriptedLog('ab', { endless: true });
      const arrayed = new ScriptedLog('ab', { endless: true });
      const reports = [drainAt(counted, 5, 10), drainAt(arrayed, 5, 10)];
      const length = map((list: unknown[]) => list.length);

      expectObservable(counted.stream.pipe(bufferCount(10), length)).toBe('---------------(2|)', { 2: 2 });
      expectObservable(arrayed.stream.pipe(toArray(), length)).toBe('      ---------------(2|)', { 2: 2 });
      flush();
      expect(reports.flat()).toEqual([
        [15, { ...NO_FATES, delivered: 2, abandoned: 2 }],
        [15, { ...NO_FATES, delivered: 2, abandoned: 2 }],
      ]);
    });
  });

  it('an error completes the stream and stands in the report', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const reports = drainAt(log, 3);
      clock.after(6, () => log.core.fail(new Error('the line broke')));

      expectObservable(values(log)).toBe('-ab---|');
      flush();
      expect(reports).toEqual([[6, { ...NO_FATES, delivered: 2, abandoned: 2, error: new Error('the line broke') }]]);
    });
  });

  it('the position of what is not settled is not stored', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcd', { endless: true });
      const reports = drainAt(log, 5, 10);
      log.stream.subscribe((delivery) => {
        if (delivery.value !== 'b') delivery.ack();
      });
      flush();
      expect(log.position).toBe(1);
      expect(reports).toEqual([[15, { ...NO_FATES, delivered: 4, acked: 3, abandoned: 1 }]]);
    });
  });
});

describe('a drain is for good', () => {
  it('later subscriptions complete on the next turn', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      drainAt(log, 2);

      expectObservable(log.stream.pipe(autoAck())).toBe('-a|');
      expectObservable(log.stream.pipe(autoAck()), '-----^').toBe('-----|');
      flush();
      expect(log.sources).toHaveLength(1);
    });
  });

  it('one that was never subscribed to can be drained before', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      drainAt(log, 1);

      expectObservable(log.stream.pipe(autoAck()), '---^').toBe('---|');
      flush();
      expect(log.sources).toHaveLength(0);
    });
  });

  it('retryBackoff in its pause does not start the stream again', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a#b');
      const reports = drainAt(log, 20);
      const expected = '-a 100ms |';

      expectObservable(
        log.stream.pipe(autoAck(), retryBackoff({ initialMs: 100, jitter: 'none', when: () => true })),
      ).toBe(expected);
      flush();
      expect(reports).toEqual([[20, { ...NO_FATES, delivered: 1, acked: 1 }]]);
      expect(log.sources).toHaveLength(1);
    });
  });

  it('nor does repeat', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      drainAt(log, 5);

      const expected = '-(a.).--(.|)';

      expectObservable(log.stream.pipe(ack(), take(1), endWith('.'), repeat({ delay: 3, count: 3 }))).toBe(expected);
      flush();
      expect(log.sources).toHaveLength(2);
    });
  });
});

describe('the report of a drain', () => {
  it('is exact over all epochs', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcdefgh', { dead: 'done' });
      const mixed = log.stream.pipe(
        tap((delivery) => {
          const { value, attempt } = delivery;
          if (value === 'b' && attempt === 1) delivery.nack({ delayMs: 1 });
          else if (value === 'c') delivery.dead();
          else if (value !== 'd') delivery.ack();
          if (value !== 'd') delivery.ack();
        }),
      );
      const first = mixed.subscribe();
      clock.after(5, () => first.unsubscribe());
      clock.after(6, () => mixed.subscribe());
      const reports = drainAt(log, 20, 10);
      flush();
      // a b c b d, then d e f g h from where the first epoch left off.
      const report = { delivered: 10, acked: 6, nacked: 1, dead: 1, abandoned: 2, late: 8 };
      expect(reports.map(([, each]) => each.delivered === sumOf(each))).toEqual([true]);
      expect(reports).toEqual([[30, report]]);
    });
  });
});
