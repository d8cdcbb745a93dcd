import { map, NEVER, timer } from 'rxjs';
import { Window } from '../../../src/observables/delivery/core/window.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import { tlv } from '../../../src/testing/lance/tlv.js';

const slowlyAll = (ms: number) => work(() => timer(ms));
const slowly = (ms: number) => work((value: string) => timer(ms).pipe(map(() => value)), { concurrency: 9 });

describe('the credit of a stream', () => {
  it('is the room in its window, told when it changes', () => {
    marbles(({ deliveries, expectCredit }) => {
      const source = deliveries('-a-b---c|');
      source.pipe(slowly(3)).subscribe();
      expectCredit(source).toBe('43-23-43--4');
    });
  });

  it('is told once in a millisecond, at its end', () => {
    marbles(({ deliveries, expectCredit }) => {
      const source = deliveries('-(abc)-|');
      source.pipe(autoAck()).subscribe();
      expectCredit(source).toBe('4');
    });
  });

  it('begins with the first subscription, and is all there after the end', () => {
    marbles(({ deliveries, expectCredit, expectObservable }) => {
      const source = deliveries('-(ab)');
      expectObservable(source.pipe(work(() => NEVER)), '--^----!').toBe('');
      expectCredit(source).toBe('                        --42---4');
    });
  });

  it('larger than nine is a letter', () => {
    marbles(
      ({ deliveries, expectCredit }) => {
        const source = deliveries('-(ab)', undefined, { window: { deliveries: 32 } });
        source.subscribe();
        expectCredit(source).toBe('am', { a: 32, m: 30 });
      },
      { leaveOpen: true },
    );
  });

  it('is none while the window is full', () => {
    marbles(({ deliveries, expectCredit }) => {
      const source = deliveries('(abc)|', undefined, { window: { deliveries: 2 } });
      source.pipe(slowly(5)).subscribe();
      expectCredit(source).toBe('0----1----2');
    });
  });

  it('counts what is asked for and not here yet', () => {
    marbles(({ lance, expectCredit, expectFate }) => {
      const { client, server } = lance({ latencyMs: 10 });
      server.append('log', tlv('a'));
      const log = client.consume('log', { until: 'end', window: { deliveries: 2 } });
      log.pipe(slowlyAll(5)).subscribe();
      expectCredit(log).toBe('2 59ms 1 24ms 2');
      expectFate(log).toBe('  85ms (a|)');
    });
  });

  it('of several streams with one window is that of the window', () => {
    marbles(({ deliveries, expectCredit }) => {
      const window = new Window({ deliveries: 3, bytes: 100 });
      const one = deliveries('-a|', undefined, { window });
      const other = deliveries('--b|', undefined, { window });
      one.pipe(slowly(5)).subscribe();
      other.pipe(slowly(5)).subscribe();
      expectCredit(one).toBe('  321---23');
      expectCredit(other).toBe('321---23');
    });
  });

  it('is compared: what differs is told in words', () => {
    expect(() =>
      marbles(({ deliveries, expectCredit }) => {
        const source = deliveries('-a|');
        source.pipe(slowly(3)).subscribe();
        expectCredit(source).toBe('43--3');
      }),
    ).toThrow(/room for 4 more/);
  });
});
