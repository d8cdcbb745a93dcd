import { delay, ignoreElements, map, mergeMap, of, share, timer, type Observable } from 'rxjs';
import { indexRecords } from '../../../src/codecs/lance/index-records.js';
import { RecordBatch } from '../../../src/codecs/lance/record-batch.js';
import { encodeRecords, TlvRecord } from '../../../src/codecs/lance/tlv.js';
import { clock } from '../../../src/foundation/clock.js';
import { ack } from '../../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../../src/observables/delivery/operators/records.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack as acks, after, voter } from '../support/voter.js';

/** `a` becomes a batch of the records a, b and c. */
function batchOf(first: string): RecordBatch {
  const texts = [0, 1, 2].map((at) => String.fromCharCode(first.charCodeAt(0) + at));
  const bytes = encodeRecords(texts.map((text) => TlvRecord.raw(new TextEncoder().encode(text))));
  return new RecordBatch(bytes, indexRecords(bytes, 0, bytes.length, 100).offsets, 0, bytes.length);
}

/** Settles each delivery in its own time, and tells what came of it. */
const settling = (times: Readonly<Record<string, number>>) =>
  mergeMap((delivery: Delivery<string>) => timer(times[delivery.value] ?? 0).pipe(map(() => delivery.ack())));

/** Nacks the first attempt after some time. */
const nackingOnce = (afterMs: number, delayMs: number) =>
  mergeMap((delivery: Delivery<string>) =>
    delivery.attempt > 1 ? of(delivery.ack()) : timer(afterMs).pipe(map(() => delivery.nack({ delayMs }))),
  );

const lasting = (ms: number) => work((value: string) => timer(ms).pipe(map(() => value)));
const S = { s: 'settled' };

describe('work on one side, raw deliveries on the other', () => {
  it('the slower one decides when', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('                            -(ab)-----|', undefined, { hot: true });

      expectObservable(queue.pipe(settling({ a: 9 }))).toBe('-s--------(s|)', S);
      expectObservable(queue.pipe(lasting(3))).toBe('        ----a--b--|');
      expectFate(queue).toBe('                               -------b--(a|)', { a: { value: 'a' }, b: { value: 'b' } });
    });
  });

  it('work emits its result when it has voted, whatever the neighbour makes of the delivery', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('                           -a|', undefined, { hot: true });
      const handled = queue.pipe(work((value, { attempt }) => `${value}${attempt}`));

      // Handled twice: it came again to both.
      expectObservable(queue.pipe(nackingOnce(5, 4))).toBe('------s---(s|)', S);
      expectObservable(handled).toBe('                      -x--------(y|)', { x: 'a1', y: 'a2' });
      expectFate(queue).toBe('                              ------n---(a|)', { n: { fate: 'nacked', delayMs: 4 } });
    });
  });

  it('a retry of work is its own: the neighbour sees one attempt', () => {
    marbles(
      ({ deliveries, expectObservable, expectFate }) => {
        const queue = deliveries('                    -a|', undefined, { hot: true });
        const third = work((_value: string, { attempt }) => {
          if (attempt < 3) throw new Error('not yet');
          return attempt;
        });

        expectObservable(queue.pipe(third)).toBe('     601ms (3|)', { 3: 3 });
        expectObservable(queue.pipe(settling({}))).toBe('-s 599ms |', S);
        expectFate(queue).toBe('                       601ms (a|)');
      },
      { jitter: 'none' },
    );
  });

  it.each([
    ['nack', '-n 199ms m 399ms (a|)', '-s 199ms s 399ms (s|)'],
    ['dead', '-d----|', '-s----|'],
    ['ack', ' -a----|', '-s----|'],
    // The neighbour has it again, alone.
    ['fail', '-(xa)-|', '-(ss)-|'],
  ] as const)('a verdict of work is its vote: %s', (onError, fate, neighbour) => {
    marbles(
      ({ deliveries, expectObservable, expectFate }) => {
        const queue = deliveries('-a----|', undefined, { hot: true, maxAttempts: 9 });
        const third = work(
          (_value: string, { attempt }): void => {
            if (attempt < 3) throw new Error('no');
          },
          { onError },
        );
        queue.pipe(third).subscribe({ error: () => undefined });

        expectObservable(queue.pipe(settling({}))).toBe(neighbour, S);
        expectFate(queue).toBe(fate, { n: { fate: 'nacked', delayMs: 200 }, m: { fate: 'nacked', delayMs: 400 } });
      },
      { jitter: 'none' },
    );
  });

  it('what the neighbour left does not stop the handler', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('                    -a', undefined, { hot: true });

      expectObservable(queue.pipe(lasting(6)), ' ^-------!').toBe('-------a');
      expectObservable(queue.pipe(ignoreElements()), '^--!').toBe('');
      expectFate(queue).toBe('                       -------xx', { x: { fate: 'abandoned', reason: 'unsubscribe' } });
    });
  });

  it('keys and slots are of each side alone', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('             -(abc)|', undefined, { hot: true });
      const handle = (ms: number, concurrency: number) =>
        work((value: string) => timer(ms).pipe(map(() => value)), { concurrency, by: () => 1 });

      expectObservable(queue.pipe(handle(5, 3))).toBe('------a----b----(c|)');
      expectObservable(queue.pipe(handle(1, 1))).toBe('--abc-----------|');
      expectFate(queue).toBe('                         ------a----a----(a|)');
    });
  });
});

describe('operators that carry the duty', () => {
  it('mapDelivery: each side has its own vote under its own value', () => {
    const seen: string[] = [];
    marbles(({ deliveries, expectFate }) => {
      const queue = deliveries('-(ab)|', undefined, { hot: true });
      for (const suffix of ['!', '?']) {
        queue.pipe(mapDelivery((value) => value + suffix)).subscribe((delivery) => {
          seen.push(delivery.value);
          if (delivery.value === 'b?') delivery.dead();
          else delivery.ack();
        });
      }

      expectFate(queue).toBe('  -(ad)|');
    });
    expect(seen).toEqual(['a!', 'a?', 'b!', 'b?']);
  });

  it('mapDelivery: its signal is its side’s', () => {
    marbles(({ deliveries, expectFate, at }) => {
      const queue = deliveries('-a', undefined, { hot: true });
      const kept: Delivery<number>[] = [];
      const sides = [1, 2].map(() => queue.pipe(mapDelivery(() => 1)).subscribe((delivery) => kept.push(delivery)));
      expectFate(queue).toBe('  -----x');
      at('                      ---x-e', {
        x: () => sides[0]?.unsubscribe(),
        e() {
          expect(kept.map(({ signal }) => signal.aborted)).toEqual([true, false]);
          sides[1]?.unsubscribe();
        },
      });
    });
  });

  it('filterDelivery acks for its side only what it drops', () => {
    marbles(({ deliveries, expectFate }) => {
      const queue = deliveries('-(ab)|', undefined, { hot: true });
      queue.pipe(filterDelivery((value) => value === 'a')).subscribe((delivery) => delivery.dead());
      queue.pipe(settling({ b: 8 })).subscribe();

      expectFate(queue).toBe('  -d-------(a|)');
    });
  });

  it('ack and autoAck: at most once for one side, and the other decides', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('                   -(ab)|', undefined, { hot: true });
      const others = mergeMap((delivery: Delivery<string>) =>
        of(delivery).pipe(delivery.value === 'a' ? settling({ a: 2 }) : nackingOnce(7, 2)),
      );

      expectObservable(queue.pipe(ack())).toBe('    -(ab)-----(b|)');
      expectObservable(queue.pipe(autoAck())).toBe('-(ab)-----(b|)');
      expectObservable(queue.pipe(others)).toBe('   ---s----s-(s|)', S);
      expectFate(queue).toBe('                      ---a----n-(a|)', { n: { fate: 'nacked', value: 'b' } });
    });
  });

  it('share hands one vote to many: the first settle is the vote', () => {
    const results: string[] = [];
    marbles(({ deliveries, expectFate }) => {
      const queue = deliveries('-a|', undefined, { hot: true });
      const shared = queue.pipe(share());
      shared.subscribe((delivery) => results.push(delivery.ack()));
      shared.subscribe((delivery) => results.push(delivery.dead()));
      queue.pipe(settling({ a: 3 })).subscribe();

      expectFate(queue).toBe('  ----(a|)');
    });
    expect(results).toEqual(['settled', 'again']);
  });

  it('delay on one side only delays its votes', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('                             -(abc)|', undefined, {
        hot: true,
        window: { deliveries: 2 },
      });

      expectObservable(queue.pipe(delay(5), settling({}))).toBe('------(ss)-(s|)', S);
      expectObservable(queue.pipe(settling({}))).toBe('       -(ss)-s----|', S);
      expectFate(queue).toBe('                                ------(aa)-(a|)');
    });
  });
});

describe('records of a hot stream', () => {
  const batches = (queue: HotQueue): Observable<Delivery<RecordBatch>> => queue.stream.pipe(mapDelivery(batchOf));

  it('the batch is voted on when all its records are settled', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const seen: string[] = [];
      batches(queue)
        .pipe(records())
        .subscribe((delivery) => {
          seen.push(`${delivery.value.text()}${delivery.attempt} ${clock.now()}`);
          if (delivery.value.text() === 'b' && delivery.attempt === 1) delivery.nack({ delayMs: 4 });
          else delivery.ack();
        });
      const raw = voter(queue.stream);
      flush();
      expect(seen).toEqual(['a1 1', 'b1 1', 'c1 1', 'b2 5']);
      expect(raw.seen).toEqual(['a1 1']);
      expect(queue.told).toEqual(['acked a1 5']);
    });
  });

  it('a record goes to the dead letters of the side that said so', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      batches(queue)
        .pipe(records())
        .subscribe((delivery) => {
          if (delivery.value.text() === 'b') delivery.dead();
          else delivery.ack();
        });
      voter(queue.stream);
      flush();
      expect(queue.told).toEqual(['buried a1 1', 'acked a1 1']);
    });
  });

  it('a reader of records that leaves midway abandons the batch; the neighbour keeps it', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const texts: string[] = [];
      const reader = batches(queue)
        .pipe(records())
        .subscribe((delivery) => {
          texts.push(delivery.value.text());
          delivery.nack({ delayMs: 5 });
          if (texts.length === 2) reader.unsubscribe();
        });
      const raw = voter(queue.stream, { a1: after(9, acks) });
      clock.after(7, () => expect(raw.deliveries[0]?.signal.aborted).toBe(false));
      flush();
      expect(texts).toEqual(['a', 'b']);
      expect(queue.told).toEqual(['back a1 10']);
    });
  });

  it('that one side comes to an end midway through keeps the rest from nobody', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ad');
      const texts: string[] = [];
      batches(queue)
        .pipe(
          records(),
          work((record) => void texts.push(record.text())),
        )
        .subscribe();
      const raw = voter(queue.stream);
      flush();
      expect(texts.join('')).toBe('abcdef');
      expect(raw.seen).toEqual(['a1 1', 'd1 1']);
      expect(queue.told).toEqual(['acked a1 1', 'acked d1 1']);
    });
  });
});
