import { bufferCount, concatMap, map, merge, partition, share, tap, type OperatorFunction } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { DUTY, type Delivery, type Holder } from '../../src/observables/delivery/types.js';
import { holdingBuffer } from './support/buffer.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** Acks a bundle and writes it as a word. */
const acked: OperatorFunction<Delivery<string>[], string> = map((bundle) =>
  bundle.map((delivery) => (delivery.ack(), delivery.value)).join(''),
);

describe('starvation', () => {
  it('releases buffers that wait for more than the window gives', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcdefgh');
      const arrivals = '-abcdefgh';
      const expected = '----x---(y|)';

      expectObservable(log.stream.observe().pipe(map(({ value }) => value))).toBe(arrivals);
      expectObservable(log.stream.pipe(holdingBuffer(10), acked)).toBe(expected, { x: 'abcd', y: 'efgh' });
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 8, acked: 8, abandoned: 0 });
    });
  });

  it('releases what is left when nothing more will come', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcdef');
      const expected = '----x-(y|)';

      expectObservable(log.stream.pipe(holdingBuffer(10), acked)).toBe(expected, { x: 'abcd', y: 'ef' });
    });
  });

  it('a buffer that fits is never released: more may come', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcdef', { endless: true });
      const expected = '---x--y';

      expectObservable(log.stream.pipe(holdingBuffer(3), acked)).toBe(expected, { x: 'abc', y: 'def' });
    });
  });

  it('nothing is released while the window has room', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { endless: true });

      expectObservable(log.stream.pipe(holdingBuffer(10), acked), '^ 100ms !').toBe('-');
    });
  });

  it('nothing is released while a fetch is out', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcd', { depth: 2, latencyMs: 10, window: { deliveries: 3 } });
      // `a` and `b` at 10, `c` at 20; `d` is refused from 10 on.
      const expected = ' 20ms x 9ms (y|)';

      expectObservable(log.stream.pipe(holdingBuffer(10), acked)).toBe(expected, { x: 'abc', y: 'd' });
    });
  });

  it('nothing is released while somebody else has a delivery: it may give room', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('Abcdef', { endless: true });
      const [slow, quick] = partition(log.stream.pipe(share()), ({ value }) => value === 'A');
      const both = merge(slow.pipe(work((value) => later(10, value))), quick.pipe(holdingBuffer(10), acked));
      // `A` gives its place to `e` at 11; only then is everything held.
      const expected = '-----------Ax';

      expectObservable(both).toBe(expected, { A: 'A', x: 'bcde' });
    });
  });

  it('releases again until nothing changes: buffers stand behind buffers', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcdefgh');
      const released: string[] = [];
      const note = (name: string) =>
        tap((bundle: Delivery<string>[]) => void released.push(`${name} ${bundle.map(({ value }) => value).join('')}`));
      const nested = log.stream.pipe(
        holdingBuffer(10, 'first'),
        note('first'),
        concatMap((bundle) => bundle),
        holdingBuffer(20, 'second'),
        note('second'),
        concatMap((bundle) => bundle),
        holdingBuffer(30, 'third'),
        acked,
      );
      const expected = '----x---(y|)';

      expectObservable(nested).toBe(expected, { x: 'abcd', y: 'efgh' });
      flush();
      expect(released).toEqual(['first abcd', 'second abcd', 'first efgh', 'second efgh']);
    });
  });

  it('releases when what is next lacks bytes that the buffers keep', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { bytes: { b: 9 }, latencyMs: 4, window: { deliveries: 10, bytes: 8 } });
      const expected = '--------(xy)(z|)';

      expectObservable(log.stream.pipe(holdingBuffer(10), acked)).toBe(expected, { x: 'a', y: 'b', z: 'c' });
    });
  });

  it('is not what a pause is: nobody starves who is paused', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { endless: true, window: { deliveries: 2 }, latencyMs: 2 });
      clock.after(3, () => clock.after(20, log.core.pause('test')));
      // `b` would be here at 4.
      const expected = '-----------------------x';

      expectObservable(log.stream.pipe(holdingBuffer(10), acked), '^ 23ms !').toBe(expected, { x: 'ab' });
    });
  });

  it('is shown', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab', { endless: true, window: { deliveries: 1 } });
      const until = '    ^-!';
      const bundles = '  -x ';
      const status = '   d(sd)';
      const values = { d: 'delivering', s: 'paused window starved' };
      const states = log.stream.status$.pipe(map(({ state, reasons }) => [state, ...reasons].join(' ')));

      expectObservable(log.stream.pipe(holdingBuffer(10), acked), until).toBe(bundles, { x: 'a' });
      expectObservable(states, until).toBe(status, values);
    });
  });

  it('a delivery that is settled or nacked while a buffer keeps it no longer counts as kept', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcd', { endless: true, window: { deliveries: 2 } });
      const released: string[] = [];
      const holder: Holder = { name: 'test', release: (why) => released.push(`${why} ${clock.now()}`) };
      log.stream.subscribe((delivery) => {
        delivery[DUTY].hold(holder);
        if (delivery.value === 'a' && delivery.attempt === 1) clock.after(0, () => delivery.nack({ delayMs: 50 }));
        if (delivery.value === 'b') clock.after(0, () => delivery.ack());
        if (delivery.value === 'a' && delivery.attempt === 2) delivery[DUTY].unhold(holder);
      });
      // Until 51 `a` is not held, but on its way back; then it is let go at once, and no buffer has it.
      flush();
      expect(released).toEqual([]);
    });
  });

  it('a delivery that several keep is kept once; all are released', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true, window: { deliveries: 1 } });
      const released: string[] = [];
      const holders = ['one', 'two'].map((name): Holder => ({
        name,
        release: (why) => released.push(`${name} ${why}`),
      }));
      log.stream.subscribe((delivery) => {
        for (const holder of holders) delivery[DUTY].hold(holder);
        for (const holder of holders) delivery[DUTY].hold(holder);
      });
      flush();
      expect(released).toEqual(['one starved', 'two starved']);
    });
  });

  it('plain buffers are no holders: they stay at the window', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcdefgh');

      expectObservable(log.stream.pipe(bufferCount(10), acked), '^ 100ms !').toBe('-');
    });
  });
});
