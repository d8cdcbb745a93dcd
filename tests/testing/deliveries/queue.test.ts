import { catchError, delay, map, NEVER, of, take, timer, type Observable } from 'rxjs';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing/kit/marbles.js';

const slowly = (ms: number) => work((value: string) => timer(ms).pipe(map(() => value)), { concurrency: 9 });
const never = () => work((_value: string) => NEVER);
/** Each delivery by value and attempt, unsettled. */
const handles = (source: Observable<Delivery<string>>) => source.pipe(map(({ value, attempt }) => value + attempt));

describe('a hot stream of deliveries', () => {
  it('begins with the test: what has come before the first subscription waits', () => {
    marbles(({ deliveries, expectObservable }) => {
      const queue = deliveries('-a-b-----c|', undefined, { hot: true });
      expectObservable(queue.pipe(autoAck()), '----^').toBe('----(ab)-c|');
    });
  });

  it('or begins at ^', () => {
    marbles(({ deliveries, expectObservable }) => {
      const queue = deliveries('-ab-^-----c|', undefined, { hot: true });
      expectObservable(queue.pipe(autoAck())).toBe('(ab)--c|');
    });
  });

  it('is shared by its subscribers, and the worst of their votes counts', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('-a-b-------|', undefined, { hot: true });
      expectObservable(queue.pipe(slowly(2))).toBe('---a-b-----|');
      expectObservable(queue.pipe(slowly(3))).toBe('----a-b----|');
      expectFate(queue).toBe('                      ----a-a----|');
    });
  });

  it('gives back what a subscriber has left unsettled; it comes again to the next one', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('-a-b', undefined, { hot: true });
      expectObservable(handles(queue), '               ^----!').toBe('-a-b', { a: 'a1', b: 'b1' });
      expectObservable(handles(queue).pipe(take(2)), '---------^').toBe('---------(ab|)', { a: 'a2', b: 'b2' });
      expectFate(queue).toBe('-----(xx)(xx)', { x: { fate: 'abandoned', reason: 'unsubscribe' } });
    });
  });

  it('gives back in its order what nobody has seen, as a first delivery', () => {
    marbles(({ deliveries, expectObservable }) => {
      const queue = deliveries('(abc|)', undefined, { hot: true, window: { deliveries: 2 } });
      expectObservable(handles(queue), '^!').toBe('(ab)', { a: 'a1', b: 'b1' });
      const all = { a: 'a2', b: 'b2', c: 'c1' };
      const settled = queue.pipe(
        map((delivery) => {
          delivery.ack();
          return delivery.value + delivery.attempt;
        }),
      );
      expectObservable(settled, '   -----^').toBe('-----(abc|)', all);
    });
  });

  it('brings a nacked delivery again after its delay, and completes behind it', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('-a|', undefined, { hot: true });
      const onceMore = queue.pipe(
        map((delivery) => {
          if (delivery.attempt === 1) delivery.nack({ delayMs: 5 });
          else delivery.ack();
          return delivery.attempt;
        }),
      );
      expectObservable(onceMore).toBe('-1----(2|)', { 1: 1, 2: 2 });
      expectFate(queue).toBe('         -n----(a|)', { n: { fate: 'nacked', delayMs: 5, attempt: 1 } });
    });
  });

  it('keeps no dead letters if told so', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('-a|', undefined, { hot: true, deadLetters: false });
      const fails = work(
        (_value: string) => {
          throw new Error('no');
        },
        { onError: 'dead' },
      );
      expectObservable(
        queue.pipe(
          fails,
          catchError((error: unknown) => of((error as Error).name)),
        ),
      ).toBe('-(e|)', {
        e: 'HandlerError',
      });
      expectFate(queue).toBe('-x');
    });
  });

  it('with a last attempt puts what is nacked then among its dead ones', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('-a|', undefined, { hot: true, maxAttempts: 3 });
      const refused = queue.pipe(
        delay(2),
        map((delivery) => delivery.nack()),
      );
      expectObservable(refused).toBe('---s-s-(s|)', { s: 'settled' });
      expectFate(queue).toBe('        ---n-n-(n|)');
    });
  });

  it('counts what the server hands out: a nacked one that waits for its delay was kept by its client', () => {
    marbles(({ deliveries, expectFate }) => {
      const queue = deliveries('-a|', undefined, { hot: true, maxAttempts: 2 });
      queue.subscribe((delivery) => delivery.nack(delivery.attempt < 4 ? { delayMs: 2 } : {}));
      expectFate(queue).toBe('-n-n-n-(mo|)', { m: { fate: 'nacked', attempt: 4 }, o: { fate: 'nacked', attempt: 5 } });
    });
  });

  it('keeps nacked ones in half its window at most: others come again at once', () => {
    marbles(({ deliveries, expectFate, expectCredit }) => {
      const queue = deliveries('(ab|)', undefined, { hot: true, window: { deliveries: 2 } });
      queue.subscribe((delivery) => (delivery.attempt === 1 ? delivery.nack({ delayMs: 9 }) : delivery.ack()));
      expectFate(queue).toBe('(nna)----(c|)', { a: { fate: 'acked', value: 'b' }, c: { fate: 'acked', value: 'a' } });
      expectCredit(queue).toBe('1--------2');
    });
  });

  it('that breaks goes on with its next subscriber', () => {
    marbles(({ deliveries, expectObservable }) => {
      const queue = deliveries('-a-#-b|', undefined, { hot: true });
      expectObservable(handles(queue)).toBe('-a-#', { a: 'a1' });
      expectObservable(queue.pipe(autoAck()), '----^').toBe('----ab|');
    });
  });
});

describe('what a queue lends', () => {
  it('is renewed as long as it is unsettled', () => {
    const asked: string[] = [];
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const renew = (value: string) => asked.push(value) > 0;
      const queue = deliveries('a-b|', undefined, { hot: true, leaseMs: 20, renew });
      expectObservable(queue.pipe(slowly(45))).toBe('45ms a-(b|)');
      expectFate(queue).toBe('                       45ms a-(a|)');
    });
    expect(asked.join('')).toBe('abababab');
  });

  it('is lost when it has been renewed for long enough, and comes again', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('a', undefined, { hot: true, leaseMs: 20, maxLeaseMs: 30, maxAttempts: 2 });
      expectObservable(queue.pipe(never()), '^ 100ms !').toBe('');
      expectFate(queue).toBe('30ms x 29ms y', {
        x: { fate: 'abandoned', reason: 'lease', attempt: 1, by: 'work' },
        y: { fate: 'abandoned', reason: 'lease', attempt: 2 },
      });
    });
  });

  it('comes again when the queue takes it back, not before: a renewal outlives the client that gives up', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('a|', undefined, { hot: true, leaseMs: 8, maxLeaseMs: 9 });
      const answers = [NEVER, of('done')];
      expectObservable(queue.pipe(work(() => answers.shift()!))).toBe('12ms (d|)', { d: 'done' });
      expectFate(queue).toBe('---------x--(a|)', { x: { reason: 'lease' }, a: { fate: 'acked', attempt: 2 } });
    });
  });

  it('may be the last: its queue ends when somebody else has it', () => {
    marbles(({ deliveries, expectFate }) => {
      const queue = deliveries('a|', undefined, { hot: true, leaseMs: 8, maxLeaseMs: 9, renew: () => false });
      queue.pipe(never()).subscribe();
      expectFate(queue).toBe('----(x|)');
    });
  });

  it('is lost when somebody else has it', () => {
    marbles(({ deliveries, expectObservable, expectFate, expectCredit }) => {
      const queue = deliveries('(ab)', undefined, { hot: true, leaseMs: 20, renew: (value) => value === 'b' });
      expectObservable(queue.pipe(slowly(15)), '^ 40ms !').toBe('15ms b');
      expectFate(queue).toBe('                           10ms x----a', { x: { fate: 'abandoned', value: 'a' } });
      expectCredit(queue).toBe('                         2 9ms 3----4');
    });
  });

  it('is told to a handler: its signal aborts', () => {
    marbles(({ deliveries, at }) => {
      const queue = deliveries('a', undefined, { hot: true, leaseMs: 20, maxLeaseMs: 30 });
      const aborted: boolean[] = [];
      const subscription = queue.subscribe(({ signal }) => aborted.push(signal.aborted));
      let signal: AbortSignal | undefined;
      queue.observe().subscribe((delivery) => (signal ??= delivery.signal));
      at('29ms a-b', {
        a: () => expect(signal?.aborted).toBe(false),
        b: () => {
          expect(signal?.aborted).toBe(true);
          subscription.unsubscribe();
        },
      });
    });
  });

  it('must be lent for a time', () => {
    marbles(({ deliveries }) => {
      expect(() => deliveries('a', undefined, { hot: true, leaseMs: 0 })).toThrow(/leaseMs/);
      expect(() => deliveries('a', undefined, { hot: true, maxLeaseMs: 9 })).toThrow(/maxLeaseMs.*needs leaseMs/);
      expect(() => deliveries('a', undefined, { hot: true, renew: () => true })).toThrow(/renew.*needs leaseMs/);
    });
  });
});

describe('a hot stream that is left and joined in one moment', () => {
  it('loses nothing that was on its way', () => {
    marbles(({ deliveries, expectObservable }) => {
      const queue = deliveries('(ab)|', undefined, { hot: true });
      queue.subscribe().unsubscribe();
      expectObservable(queue.pipe(autoAck())).toBe('(ab)|');
    });
  });
});
