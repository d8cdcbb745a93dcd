import { map, tap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { work, type WorkContext } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { later, never } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedQueue } from './support/scripted-queue.js';

describe('leases', () => {
  it('are renewed when half of their time is over, while their delivery is unsettled', () => {
    run(({ expectObservable, flush }) => {
      const queue = new ScriptedQueue('a', { leaseMs: 20 });
      // 1 to 46; each renewal counts from when it was sent.
      const handled = queue.stream.pipe(work((value) => later(45, value)));

      expectObservable(handled, '^ 60ms !').toBe('46ms a');
      flush();
      expect(queue.renewals).toEqual(['a 11', 'a 21', 'a 31', 'a 41']);
      expect(queue.stream.fate()).toMatchObject({ acked: 1, abandoned: 0 });
    });
  });

  it('share one timer, and are renewed in batches', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('abcdef', { atMs: { c: 2, d: 3, e: 7 }, leaseMs: 20 });
      const subscription = queue.stream.subscribe();
      clock.after(20, () => subscription.unsubscribe());
      flush();
      // Those due within a tenth of a lease go along.
      expect(queue.renewals).toEqual(['abfcd 11', 'e 17']);
      expect(queue.timers).toBe(1);
    });
  });

  it('however many are one timer and one batch', () => {
    run(({ flush }) => {
      const messages = Array.from({ length: 80 }, (_, i) => String.fromCharCode(0x100 + i)).join('');
      const queue = new ScriptedQueue(messages, { leaseMs: 20 });
      const subscription = queue.stream.subscribe();
      clock.after(15, () => subscription.unsubscribe());
      flush();
      expect(queue.renewals).toHaveLength(1);
      expect(queue.timers).toBe(1);
    });
  });

  it('arm no timer when there are none', () => {
    run(({ expectObservable, flush }) => {
      const queue = new ScriptedQueue('ab', { leaseMs: 20 });
      const values = queue.stream.pipe(
        tap((delivery) => delivery.ack()),
        map(({ value }) => value),
      );

      expectObservable(values).toBe('-(ab)');
      flush();
      expect([queue.leases.size, queue.timers]).toEqual([0, 0]);
    });
  });

  it('are lost when the server does not answer in time: the delivery is abandoned and its signal aborted', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('ab', { leaseMs: 20, answer: (message) => (message === 'a' ? undefined : true) });
      const aborted: string[] = [];
      const late: string[] = [];
      const subscription = queue.stream.subscribe((delivery) => {
        delivery.signal.addEventListener('abort', () => aborted.push(`${delivery.value} ${clock.now()}`));
        clock.after(30, () => late.push(delivery.ack()));
      });
      clock.after(40, () => subscription.unsubscribe());
      flush();
      expect(aborted).toEqual(['a 21']);
      expect(late).toEqual(['stale', 'settled']);
      expect(queue.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 0, abandoned: 1, late: 1 });
    });
  });

  it('are lost at once when the server refuses', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('a', { leaseMs: 20, answerMs: 2, answer: () => false });
      const aborted: number[] = [];
      queue.stream.subscribe((delivery) => delivery.signal.addEventListener('abort', () => aborted.push(clock.now())));
      flush();
      expect(aborted).toEqual([13]);
      expect(queue.stream.fate()).toMatchObject({ abandoned: 1 });
    });
  });

  it('an answer counts from when the renewal was sent', () => {
    run(({ flush }) => {
      let answers = 1;
      const queue = new ScriptedQueue('a', {
        leaseMs: 20,
        answerMs: 8,
        answer: () => (answers-- > 0 ? true : undefined),
      });
      const aborted: number[] = [];
      queue.stream.subscribe((delivery) => delivery.signal.addEventListener('abort', () => aborted.push(clock.now())));
      flush();
      // Sent at 11, answered at 19, good until 31; due again at 21.
      expect(queue.renewals).toEqual(['a 11', 'a 21']);
      expect(aborted).toEqual([31]);
    });
  });

  it('an answer that is late does not bring a delivery back', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('a', { leaseMs: 20, answerMs: 15 });
      queue.stream.subscribe();
      flush();
      expect(queue.renewals).toEqual(['a 11']);
      expect(queue.stream.fate()).toMatchObject({ abandoned: 1 });
      expect(queue.leases.size).toBe(0);
    });
  });

  it('end at maxLeaseMs, and are not renewed beyond it', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('ab', { atMs: { b: 35 }, leaseMs: 20, maxLeaseMs: 45 });
      const aborted: string[] = [];
      const subscription = queue.stream.subscribe((delivery) => {
        delivery.signal.addEventListener('abort', () => aborted.push(`${delivery.value} ${clock.now()}`));
      });
      clock.after(60, () => subscription.unsubscribe());
      flush();
      // The renewal of 31 reaches the end already: when `b` is due at 45, `a` does not go along.
      expect(aborted).toEqual(['a 46', 'b 60']);
      expect(queue.renewals).toEqual(['a 11', 'a 21', 'a 31', 'b 45', 'b 55']);
    });
  });

  it('shorter than a lease, maxLeaseMs is the end, without any renewal', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('a', { leaseMs: 20, maxLeaseMs: 15 });
      const aborted: number[] = [];
      queue.stream.subscribe((delivery) => delivery.signal.addEventListener('abort', () => aborted.push(clock.now())));
      flush();
      expect(aborted).toEqual([16]);
      expect(queue.renewals).toEqual([]);
    });
  });

  it('work aborts the handler of a lost one, and takes the next when its promise settles', () => {
    run(({ expectObservable, flush }) => {
      const queue = new ScriptedQueue('ab', { leaseMs: 20, answer: (message) => (message === 'a' ? undefined : true) });
      const aborted: string[] = [];
      const handler = (value: string, { signal }: WorkContext<Delivery<string>>) => {
        signal.addEventListener('abort', () => aborted.push(value));
        return later(value === 'a' ? 30 : 1, value);
      };

      expectObservable(queue.stream.pipe(work(handler)), '^ 50ms !').toBe('32ms b');
      flush();
      expect(aborted).toEqual(['a']);
    });
  });

  it('of a nacked delivery are renewed while it waits; if one is lost, it does not come again', () => {
    run(({ expectObservable, flush }) => {
      const queue = new ScriptedQueue('ab', { leaseMs: 20, answer: (message) => (message === 'a' ? undefined : true) });
      const attempts = queue.stream.pipe(
        tap((delivery) => (delivery.attempt === 1 ? delivery.nack({ delayMs: 30 }) : delivery.ack())),
        map(({ value }) => value),
      );

      expectObservable(attempts).toBe('-(ab) 26ms b');
      flush();
      expect(queue.stream.fate()).toEqual({ delivered: 3, acked: 1, nacked: 2, dead: 0, abandoned: 0, late: 0 });
      expect(queue.session.ledger.size).toBe(0);
      expect(queue.session.window.deliveries).toBe(0);
    });
  });

  it('of what has arrived and was not handed out are renewed, too; if one is lost, nobody gets it', () => {
    run(({ expectObservable, flush }) => {
      const queue = new ScriptedQueue('ab', {
        atMs: { a: 2, b: 2 },
        leaseMs: 20,
        answer: (message) => (message === 'a' ? undefined : true),
      });
      clock.after(1, () => clock.after(39, queue.session.pause('test')));
      const values = queue.stream.pipe(
        tap((delivery) => delivery.ack()),
        map(({ value }) => value),
      );

      expectObservable(values).toBe('40ms b');
      flush();
      expect(queue.stream.fate()).toMatchObject({ delivered: 1, acked: 1, abandoned: 0 });
      expect(queue.session.window.deliveries).toBe(0);
    });
  });

  it('that run out after a drain has dropped what was not handed out give no credit back twice', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('ab', { atMs: { a: 2, b: 2 }, leaseMs: 20, answer: () => undefined });
      const subscription = queue.stream.subscribe();
      clock.after(1, () => void queue.session.pause('test'));
      clock.after(5, () => {
        const other = { wake: () => undefined };
        expect(queue.session.window.take(other, 1)).toBe(true);
        queue.session.drain(100);
        for (const node of queue.nodes.values()) queue.session.lose(node);
        expect(queue.session.window.deliveries).toBe(1);
      });
      clock.after(50, () => subscription.unsubscribe());
      flush();
      expect(queue.stream.fate()).toMatchObject({ delivered: 0, abandoned: 0 });
    });
  });

  it('are forgotten at the end of an epoch', () => {
    run(({ flush }) => {
      const queue = new ScriptedQueue('ab', { leaseMs: 20 });
      const subscription = queue.stream.pipe(work(() => never)).subscribe();
      clock.after(5, () => subscription.unsubscribe());
      flush();
      expect(queue.renewals).toEqual([]);
      expect(queue.leases.size).toBe(0);
    });
  });
});
