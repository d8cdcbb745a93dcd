import { map, tap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { NoDeadLettersError } from '../../src/observables/delivery/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { DUTY, type Delivery } from '../../src/observables/delivery/types.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** Calls `decide` and notes whatever reached the subscriber inside. */
function inside(seen: readonly string[], decide: () => unknown): string[] {
  const before = seen.length;
  decide();
  return seen.slice(before);
}

describe('settling never calls back', () => {
  it('ack inside next: what comes next waits for next to return', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcd', { depth: 4, latencyMs: 1 });
      let depth = 0;
      const depths: number[] = [];
      log.stream.subscribe({
        next: (delivery) => {
          depths.push(++depth);
          delivery.ack();
          depth--;
        },
        complete: () => depths.push(++depth),
      });
      flush();
      expect(depths).toEqual([1, 1, 1, 1, 1]);
    });
  });

  it('ack inside next, when several are ready: one next after the other', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcd', { depth: 4, latencyMs: 2 });
      const calls: string[] = [];
      clock.after(1, () => clock.after(5, log.core.pause('test')));
      log.stream.subscribe({
        next: (delivery) => {
          calls.push(`>${delivery.value}`);
          delivery.ack();
          calls.push(`${delivery.value}<`);
        },
        complete: () => calls.push('|'),
      });
      flush();
      expect(calls.join(' ')).toBe('>a a< >b b< >c c< >d d< |');
    });
  });

  it('what arrives inside next waits for next to return', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const calls: string[] = [];
      log.stream.subscribe((delivery) => {
        calls.push(`>${delivery.value}`);
        if (delivery.value === 'a') {
          expect(log.core.reserve(1)).toBe(true);
          log.core.arrived({ value: 'inside', position: 7, end: 8, bytes: 1, reserved: 1 });
        }
        calls.push(`${delivery.value}<`);
      });
      flush();
      expect(calls.join(' ')).toBe('>a a< >inside inside< >b b<');
    });
  });

  it('ack outside of next: credit that it frees is used on the next turn', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { fetchBytes: 2, bytes: { b: 4 }, window: { deliveries: 4, bytes: 4 } });
      const seen: string[] = [];
      const deliveries: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        seen.push(delivery.value);
        deliveries.push(delivery);
      });
      clock.after(5, () => {
        expect(seen).toEqual(['a']);
        expect(inside(seen, () => deliveries[0]?.ack())).toEqual([]);
        clock.after(0, () => expect(seen).toEqual(['a', 'b']));
      });
      flush();
      expect(seen).toEqual(['a', 'b']);
    });
  });

  it('requests may go out inside ack', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { window: { deliveries: 1 } });
      log.stream.subscribe((delivery) => {
        clock.after(5, () => {
          const before = log.asked.length;
          delivery.ack();
          if (delivery.value === 'a') expect(log.asked.length).toBe(before + 1);
        });
      });
      flush();
      expect(log.stream.fate().acked).toBe(2);
    });
  });

  it('nack without a delay: it comes again on the next turn', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const seen: string[] = [];
      log.stream.subscribe((delivery) => {
        seen.push(`${delivery.value}${delivery.attempt}`);
        if (delivery.attempt < 3) expect(inside(seen, () => delivery.nack())).toEqual([]);
        else delivery.ack();
      });
      flush();
      expect(seen).toEqual(['a1', 'a2', 'a3']);
    });
  });

  it('the last ack does not complete from inside', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const seen: string[] = [];
      log.stream.subscribe({
        next: (delivery) => clock.after(3, () => expect(inside(seen, () => delivery.ack())).toEqual([])),
        complete: () => seen.push('complete'),
      });
      flush();
      expect(seen).toEqual(['complete']);
    });
  });

  it('outcome$ is not told from inside', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { dead: 'done' });
      const seen: string[] = [];
      log.stream.subscribe((delivery) => {
        delivery.outcome$.subscribe(({ fate }) => seen.push(fate));
        const decide = { a: () => delivery.ack(), b: () => delivery.dead(), c: () => delivery.nack() }[delivery.value];
        if (delivery.attempt === 2) delivery.ack();
        else expect(inside(seen, () => decide?.())).toEqual([]);
      });
      flush();
      expect(seen).toEqual(['acked', 'dead', 'nacked', 'acked']);
    });
  });

  it('a source that fails inside a settle tells the subscriber on the next turn', () => {
    run(({ flush }) => {
      const deadFails = new SluiceError('no room');
      const log = new ScriptedLog('ab', { dead: 'wait', deadMs: 0, deadFails });
      const seen: string[] = [];
      log.stream.subscribe({
        next: (delivery) => {
          seen.push(delivery.value);
          expect(inside(seen, () => delivery.dead())).toEqual([]);
        },
        error: (error: SluiceError) => seen.push(error.message),
      });
      flush();
      expect(seen).toEqual(['a', 'no room']);
      expect(log.stream.fate()).toEqual({ delivered: 1, acked: 0, nacked: 0, dead: 0, abandoned: 1, late: 0 });
    });
  });

  it('nor does it when the settle is outside of next', () => {
    run(({ expectObservable }) => {
      const deadFails = new SluiceError('no room');
      const log = new ScriptedLog('a', { dead: 'wait', deadMs: 0, deadFails });
      const seen: string[] = [];
      const watched = log.stream.pipe(
        tap((delivery) => clock.after(3, () => expect(inside(seen, () => delivery.dead())).toEqual([]))),
        tap({ error: () => seen.push('error') }),
        map(({ value }) => value),
      );

      expectObservable(watched).toBe('-a--#', undefined, deadFails);
    });
  });
});

describe('settling', () => {
  it('is exactly once: the first call decides', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { dead: 'done' });
      const results: string[] = [];
      log.stream.subscribe((delivery) => {
        if (delivery.attempt === 2) results.push(delivery.ack());
        else if (delivery.value === 'a') results.push(delivery.ack(), delivery.nack(), delivery.dead());
        else if (delivery.value === 'b') results.push(delivery.nack(), delivery.ack(), delivery.dead());
        else results.push(delivery.dead(), delivery.ack(), delivery.nack());
      });
      flush();
      const once = ['settled', 'again', 'again'];
      expect(results.toSorted()).toEqual([...once, ...once, ...once, 'settled'].toSorted());
      expect(log.stream.fate()).toEqual({ delivered: 4, acked: 2, nacked: 1, dead: 1, abandoned: 0, late: 6 });
    });
  });

  it('a source may confirm inside', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { dead: 'wait', deadMs: 0, window: { deliveries: 1 } });
      const dead = log.stream.pipe(
        tap((delivery) => delivery.dead()),
        map(({ value }) => value),
      );

      expectObservable(dead).toBe('-a(b|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, dead: 2 });
    });
  });

  it('a source that makes a delivery come again instead of taking it for dead keeps the sums right', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { dead: 'again' });
      const handled = log.stream.pipe(
        tap((delivery) => (delivery.attempt === 1 ? delivery.dead() : delivery.ack())),
        map(({ attempt }) => String(attempt)),
      );

      expectObservable(handled).toBe('-(12|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, nacked: 1, dead: 0 });
    });
  });

  it('a result that can not be sent decides nothing: the caller gets the error', () => {
    run(({ expectObservable, flush }) => {
      const encode = (): void => {
        if (log.stream.fate().late === 0 && failures-- > 0) throw new Error('not JSON');
      };
      let failures = 1;
      const log: ScriptedLog = new ScriptedLog('a', { encode });
      const tried = log.stream.pipe(
        map((delivery) => {
          expect(() => delivery.ack()).toThrow('not JSON');
          expect(delivery[DUTY].open).toBe(true);
          return delivery.ack();
        }),
      );

      expectObservable(tried).toBe('-(s|)', { s: 'settled' });
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 1, acked: 1, late: 0 });
    });
  });

  it('a nacked delivery keeps its place: credit, watermark and order of the ledger', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { window: { deliveries: 3 }, endless: true });
      log.stream.subscribe((delivery) => {
        if (delivery.value === 'a' && delivery.attempt === 1) delivery.nack({ delayMs: 10 });
        else if (delivery.value !== 'a') delivery.ack();
      });
      clock.after(8, () => {
        expect(log.window.deliveries).toBe(1);
        expect(log.core.ledger.watermark).toBe(0);
        expect(log.core.ledger.oldest?.value).toBe('a');
      });
      clock.after(15, () => {
        expect(log.core.ledger.oldest).toMatchObject({ value: 'a', attempt: 2 });
        log.core.settle(log.node('a'), 2, { fate: 'acked', result: undefined });
        expect(log.core.ledger.watermark).toBe(3);
      });
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 4, acked: 3, nacked: 1 });
    });
  });

  it('dead without a way for dead letters throws, and decides nothing', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const tried = log.stream.pipe(
        tap((delivery) => {
          expect(() => delivery.dead()).toThrow(NoDeadLettersError);
        }),
        autoAck(),
      );

      expectObservable(tried).toBe('-(a|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ acked: 1, dead: 0, late: 0 });
    });
  });

  it.each([-1, Number.NaN, 2 ** 31])('nack refuses a delay of %p, and decides nothing', (delayMs) => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      const tried = log.stream.pipe(
        tap((delivery) => {
          expect(() => delivery.nack({ delayMs })).toThrow(InvalidOptionError);
        }),
        ack(),
      );

      expectObservable(tried).toBe('-(a|)');
    });
  });
});

describe('completion', () => {
  it('comes on the turn after the ledger is empty', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const order: string[] = [];
      const handles: Delivery<string>[] = [];
      log.stream.subscribe({ next: (delivery) => handles.push(delivery), complete: () => order.push('complete') });
      clock.after(5, () => handles[0]?.ack());
      clock.after(9, () => {
        handles[1]?.ack();
        order.push('acked');
        clock.after(0, () => order.push('turn'));
      });
      expectObservable(log.stream.status$.pipe(map(({ state }) => state))).toBe('d--------e', {
        d: 'delivering',
        e: 'ended',
      });
      flush();
      expect(order).toEqual(['acked', 'complete', 'turn']);
    });
  });

  it('of an empty source is not synchronous either', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('');
      const order: string[] = [];
      log.stream.subscribe({ complete: () => order.push('complete') });
      order.push('subscribed');
      flush();
      expect(order).toEqual(['subscribed', 'complete']);
    });
  });

  it('waits for what comes again', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      const again = log.stream.pipe(
        tap((delivery) => (delivery.attempt === 1 ? delivery.nack({ delayMs: 20 }) : delivery.ack())),
        map(({ value }) => value),
      );

      expectObservable(again).toBe('-a 19ms (a|)');
    });
  });

  it('waits for fetches that are out when a source says that it has ended', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { latencyMs: 5 });
      clock.after(7, () => log.core.end());

      expectObservable(log.stream.pipe(autoAck())).toBe('-----a----(b|)');
      flush();
      expect(log.position).toBe(2);
    });
  });
});
