import { delay, share, type Observable } from 'rxjs';
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
import { HotQueue } from '../support/hot-queue.js';
import { longestDelays } from '../support/jitter.js';
import { later } from '../support/later.js';
import { run } from '../support/marbles.js';
import { after, ack as acks, nack, never, voter } from '../support/voter.js';

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

/** `a` becomes a batch of the records a, b and c. */
function batchOf(first: string): RecordBatch {
  const texts = [0, 1, 2].map((at) => String.fromCharCode(first.charCodeAt(0) + at));
  const bytes = encodeRecords(texts.map((text) => TlvRecord.raw(new TextEncoder().encode(text))));
  return new RecordBatch(bytes, indexRecords(bytes, 0, bytes.length, 100).offsets, 0, bytes.length);
}

describe('work on one side, raw deliveries on the other', () => {
  it('the slower one decides when', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('ab');
      const raw = voter(queue.stream, { a1: after(9, acks) });

      expectObservable(queue.stream.pipe(work((value) => later(3, value)))).toBe('----a--b');
      flush();
      expect(raw.seen).toEqual(['a1 1', 'b1 1']);
      expect(queue.told).toEqual(['acked b1 7', 'acked a1 10']);
    });
  });

  it('work emits its result when it has voted, whatever the neighbour makes of the delivery', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('a');
      voter(queue.stream, { a1: after(5, nack(4)) });

      // Handled twice: it came again to both.
      expectObservable(queue.stream.pipe(work((value, { attempt }) => `${value}${attempt}`))).toBe('-x--------y', {
        x: 'a1',
        y: 'a2',
      });
      flush();
      expect(queue.told).toEqual(['nacked+4 a1 6', 'acked a2 10']);
    });
  });

  it('a retry of work is its own: the neighbour sees one attempt', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const tries: string[] = [];
      queue.stream
        .pipe(
          work((value, { attempt }) => {
            tries.push(`${value}${attempt} ${clock.now()}`);
            if (attempt < 3) throw new Error('not yet');
          }),
        )
        .subscribe();
      const raw = voter(queue.stream);
      flush();
      expect(tries).toEqual(['a1 1', 'a2 201', 'a3 601']);
      expect(raw.seen).toEqual(['a1 1']);
      expect(queue.told).toEqual(['acked a1 601']);
    });
  });

  it.each([
    ['nack', ['nacked+200 a1 1', 'nacked+400 a2 201', 'acked a3 601']],
    ['dead', ['dead a1 1']],
    ['ack', ['acked a1 1']],
    ['fail', ['back a1 1']],
  ] as const)('a verdict of work is its vote: %s', (verdict, told) => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      queue.stream
        .pipe(
          work(
            (_value, { attempt }) => {
              if (attempt < 3) throw new Error('no');
            },
            { onError: verdict },
          ),
        )
        .subscribe({ error: () => undefined });
      voter(queue.stream);
      flush();
      expect(queue.told).toEqual(told);
    });
  });

  it('what the neighbour left does not stop the handler', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('a');
      const raw = voter(queue.stream, { a1: never });
      clock.after(3, () => raw.subscription.unsubscribe());

      expectObservable(queue.stream.pipe(work((value) => later(6, value)))).toBe('-------a');
      flush();
      expect(queue.told).toEqual(['back a1 7']);
    });
  });

  it('keys and slots are of each side alone', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc');
      const ended: string[] = [];
      const handle = (name: string, durationMs: number, concurrency: number): void => {
        queue.stream
          .pipe(work((value) => later(durationMs, value), { concurrency, by: () => 1 }))
          .subscribe((value) => ended.push(`${name}${value} ${clock.now()}`));
      };
      handle('slow ', 5, 3);
      handle('fast ', 1, 1);
      flush();
      expect(ended).toEqual(['fast a 2', 'fast b 3', 'fast c 4', 'slow a 6', 'slow b 11', 'slow c 16']);
      expect(queue.told).toEqual(['acked a1 6', 'acked b1 11', 'acked c1 16']);
    });
  });
});

describe('operators that carry the duty', () => {
  it('mapDelivery: each side has its own vote under its own value', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const seen: string[] = [];
      for (const suffix of ['!', '?']) {
        queue.stream.pipe(mapDelivery((value) => value + suffix)).subscribe((delivery) => {
          seen.push(delivery.value);
          if (delivery.value === 'b?') delivery.dead();
          else delivery.ack();
        });
      }
      flush();
      expect(seen).toEqual(['a!', 'a?', 'b!', 'b?']);
      expect(queue.told).toEqual(['acked a1 1', 'dead b1 1']);
    });
  });

  it('mapDelivery: its signal is its side’s', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const kept: Delivery<number>[] = [];
      const subscribe = () => queue.stream.pipe(mapDelivery(() => 1)).subscribe((delivery) => kept.push(delivery));
      const first = subscribe();
      subscribe();
      clock.after(3, () => first.unsubscribe());
      flush();
      expect(kept.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    });
  });

  it('filterDelivery acks for its side only what it drops', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      queue.stream.pipe(filterDelivery((value) => value === 'a')).subscribe((delivery) => delivery.dead());
      voter(queue.stream, { b1: after(2, acks) });
      flush();
      expect(queue.told).toEqual(['dead a1 1', 'acked b1 3']);
    });
  });

  it('ack and autoAck: at most once for one side, and the other decides', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('ab');
      voter(queue.stream, { a1: after(2, acks), b1: after(4, nack(2)) });

      expectObservable(queue.stream.pipe(ack())).toBe('-(ab)--b');
      expectObservable(queue.stream.pipe(autoAck())).toBe('-(ab)--b');
      flush();
      expect(queue.told).toEqual(['acked a1 3', 'nacked+2 b1 5', 'acked b2 7']);
    });
  });

  it('share hands one vote to many: the first settle is the vote', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const shared = queue.stream.pipe(share());
      const results: string[] = [];
      shared.subscribe((delivery) => results.push(delivery.ack()));
      shared.subscribe((delivery) => results.push(delivery.dead()));
      voter(queue.stream, { a1: after(3, acks) });
      flush();
      expect(results).toEqual(['settled', 'again']);
      expect(queue.told).toEqual(['acked a1 4']);
    });
  });

  it('delay on one side only delays its votes', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      queue.stream.pipe(delay(5)).subscribe((delivery) => delivery.ack());
      const raw = voter(queue.stream);
      flush();
      expect(raw.seen).toEqual(['a1 1', 'b1 1', 'c1 7']);
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
