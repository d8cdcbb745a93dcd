import { catchError, concat, map, merge, NEVER, of, repeat, retry, take, tap, timer } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { StreamInUseError } from '../../src/observables/delivery/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { marbles } from '../../src/testing.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

describe('one live session per stream', () => {
  it('a second concurrent subscription errors with STREAM_IN_USE; the first goes on', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                        --a-b-c|', undefined, { name: 'log' });
      const error = new StreamInUseError('log has a subscriber already: call the method again for a second reader');

      expectObservable(source.pipe(autoAck())).toBe('        --a-b-c|');
      expectObservable(source.pipe(autoAck()), '---^').toBe(' ---#', undefined, error);
      expectFate(source).toBe('                              --a-a-a|');
      expect(error.code).toBe('STREAM_IN_USE');
    });
  });

  it('subscribing again after the end is fine: after complete, error and unsubscribe', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab#cd');
      const error = expect.objectContaining({ code: 'SCRIPT' });

      expectObservable(log.stream.pipe(ack())).toBe('                         -ab#', undefined, error);
      expectObservable(log.stream.pipe(ack()), '                  -----^-!').toBe('------c');
      expectObservable(log.stream.pipe(ack()), '          ----------^').toBe('-----------(d|)');
      expectObservable(log.stream.pipe(ack()), '     ---------------^').toBe('---------------|');
    });
  });

  it('the stream is free before complete is passed on: a synchronous repeat works', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');

      expectObservable(log.stream.pipe(ack(), repeat(2))).toBe('-a(b|)');
    });
  });

  it('the stream is free before error is passed on: a synchronous retry works', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                         -a#b#c|');

      expectObservable(source.pipe(autoAck(), retry())).toBe('-a-b-c|');
      expectFate(source).toBe('                               -a#a#a|');
    });
  });

  it('a retry of what an operator made of an error works, too', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                 -ab----c-|', undefined, { hot: true });
      let failures = 1;
      const failsOnce = work(
        (value: string) => {
          if (value === 'b' && failures-- > 0) throw new Error('no b');
          return value;
        },
        { onError: 'fail' },
      );

      expectObservable(source.pipe(failsOnce, retry(1))).toBe('-ab----c-|');
      expectFate(source).toBe('                       -a(xa)-a-|');
    });
  });

  it('a session that can not be opened leaves the stream free', () => {
    run(({ expectObservable }) => {
      const broken = new Error('no such thing');
      let opened = 0;
      const over = jest.fn();
      const stream = new DeliveryStream<string>({
        name: 'lance:broken',
        guarantee: 'at-least-once',
        window: () => new Window({ deliveries: 1, bytes: 1 }),
        originOf: () => ({ system: 'lance', name: 'broken', position: 0n }),
        began: () => over,
        open: () => {
          opened++;
          throw broken;
        },
      });
      const twice = concat(stream.pipe(catchError(() => of('first'))), stream);

      expectObservable(twice).toBe('(a#)', { a: 'first' }, broken);
      expectObservable(NEVER, '^!').toBe('-');
      clock.after(1, () => expect([opened, over.mock.calls.length]).toEqual([2, 2]));
    });
  });

  it('merge keeps sessions apart', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const first = deliveries('                           --a-b--|');
      const second = deliveries('                          ---x--y|');

      expectObservable(merge(first, second).pipe(autoAck())).toBe('--axb-y|');
      expectFate(first).toBe('                             --a-a--|');
      expectFate(second).toBe('                            ---a--a|');
    });
  });
});

describe('settling across epochs', () => {
  it('tells what became of a call: settled, again, stale', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const deliveries: Delivery<string>[] = [];
      const results: string[] = [];
      const subscription = log.stream.subscribe((delivery) => deliveries.push(delivery));
      clock.after(5, () => {
        const [a] = deliveries;
        results.push(a?.ack() ?? '', a?.ack() ?? '', a?.nack() ?? '');
        subscription.unsubscribe();
      });
      clock.after(6, () => {
        for (const delivery of deliveries) results.push(delivery.ack());
      });
      flush();
      expect(results).toEqual(['settled', 'again', 'again', 'again', 'stale']);
      expect(log.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 0, abandoned: 1, late: 4 });
    });
  });

  it('a delivery of a past epoch settles nothing, and commits nothing', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const past: Delivery<string>[] = [];
      const first = log.stream.subscribe((delivery) => past.push(delivery));
      clock.after(4, () => first.unsubscribe());
      clock.after(5, () => log.stream.subscribe());
      clock.after(10, () => {
        expect(past.map((delivery) => delivery.ack())).toEqual(['stale', 'stale', 'stale']);
        expect(log.core.ledger.watermark).toBe(0);
        expect(log.window.deliveries).toBe(3);
      });
      flush();
      expect(log.saved).toEqual([]);
      expect(log.stream.fate()).toEqual({ delivered: 6, acked: 0, nacked: 0, dead: 0, abandoned: 3, late: 3 });
    });
  });

  it('a handle has a vote for its own attempt only', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const handles: Delivery<string>[] = [];
      const results: string[] = [];
      const subscription = log.stream.subscribe((delivery) => {
        handles.push(delivery);
        if (delivery.attempt === 1) results.push(delivery.nack());
      });
      clock.after(5, () => results.push(...handles.map((handle) => handle.ack())));
      clock.after(6, () => {
        subscription.unsubscribe();
        results.push(...handles.map((handle) => handle.ack()));
      });
      flush();
      expect(handles.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(results).toEqual(['settled', 'again', 'settled', 'again', 'again']);
      expect(log.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 1, dead: 0, abandoned: 0, late: 3 });
    });
  });

  it('one that was lost is stale', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const results: string[] = [];
      log.stream.subscribe((delivery) => {
        clock.after(2, () => log.lose('a'));
        clock.after(3, () => results.push(delivery.ack(), delivery.nack(), delivery.ack()));
      });
      flush();
      expect(results).toEqual(['stale', 'stale', 'stale']);
      expect(log.stream.fate()).toMatchObject({ abandoned: 1, late: 3 });
    });
  });

  it('firstValueFrom leaves at once: its delivery is stale', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const results: string[] = [];
      log.stream.pipe(take(1)).subscribe({
        next: (delivery) => clock.after(0, () => results.push(delivery.ack())),
      });
      flush();
      expect(results).toEqual(['stale']);
      expect(log.position).toBe(0);
    });
  });

  it('the counts go on over epochs', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('                          -abc#def|');

      expectObservable(source.pipe(autoAck(), retry(1))).toBe('-abc-def|');
      expectFate(source).toBe('                                -aaa#aaa|');
      at('                                                     ---------e', {
        e: () => expect(source.fate()).toMatchObject({ delivered: 6, acked: 6, late: 0 }),
      });
    });
  });

  it('what was unsettled when an epoch failed comes again in the next one', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                      -ab----#-----d|');
      const slow = work((value: string) => timer(5).pipe(map(() => value)));

      // At 7, when the log breaks, `b` is under way.
      expectObservable(source.pipe(slow, retry(1))).toBe('------a-----b-----(d|)');
      expectFate(source).toBe('                            ------a(x#)-a-----(a|)', {
        x: { value: 'b', reason: 'error' },
      });
    });
  });

  it('unsubscribing inside next ends the epoch before the next delivery', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { depth: 3, endless: true });
      const seen: string[] = [];
      const subscription = log.stream
        .pipe(
          tap(({ value }) => {
            if (value === 'b') subscription.unsubscribe();
          }),
          map(({ value }) => value),
        )
        .subscribe((value) => seen.push(value));
      flush();
      expect(seen).toEqual(['a']);
      expect(log.stream.fate()).toMatchObject({ delivered: 2, abandoned: 2 });
      expect(log.window.deliveries).toBe(0);
    });
  });
});
