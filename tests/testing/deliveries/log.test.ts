import { catchError, concatMap, EMPTY, map, of, repeat, retry, take, timer } from 'rxjs';
import type { SluiceError } from '../../../src/foundation/errors.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { deliveries } from '../../../src/testing/deliveries/deliveries.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { marbles } from '../../../src/testing/kit/marbles.js';

const slowly = (ms: number) => work((value: string) => timer(ms).pipe(map(() => value)));

describe('a cold stream of deliveries', () => {
  it('has each value from its marble on, and hands it out at once', () => {
    marbles(({ deliveries, expectObservable }) => {
      expectObservable(deliveries('-a- 100ms (bc)--|').pipe(autoAck())).toBe('-a- 100ms (bc)--|');
    });
  });

  it('hands out what letters stand for', () => {
    marbles(({ deliveries, expectObservable }) => {
      const orders = deliveries('ab|', { a: { id: 1 }, b: { id: 2 } });
      expectObservable(
        orders.pipe(
          autoAck(),
          map(({ id }) => id),
        ),
      ).toBe('xy|', { x: 1, y: 2 });
    });
  });

  it('keeps what has no room in the window, and ends when all of it is settled', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('abcd|', undefined, { window: { deliveries: 2 } });
      expectObservable(source.observe().pipe(map(({ value }) => value))).toBe('ab---c----d');
      expectObservable(source.pipe(slowly(5))).toBe('                  -----a----b----c----(d|)');
    });
  });

  it('counts bytes as it is told to; what is larger than the window comes alone', () => {
    marbles(({ deliveries, expectObservable }) => {
      const bytes = (value: string) => (value === 'B' ? 50 : 10);
      const source = deliveries('(aBcd|)', undefined, { window: { deliveries: 9, bytes: 20 }, bytes });
      expectObservable(source.observe().pipe(map(({ value }) => value))).toBe('a----B----(cd)');
      expectObservable(source.pipe(slowly(5))).toBe('                  -----a----B----c----(d|)');
    });
  });

  it('begins with its first subscription', () => {
    marbles(({ deliveries, expectObservable }) => {
      expectObservable(deliveries('-a|').pipe(autoAck()), '---^').toBe('----a|');
    });
  });

  it('without an end goes on for ever', () => {
    marbles(({ deliveries, expectObservable }) => {
      expectObservable(deliveries('-a').pipe(autoAck()), '^ 1m !').toBe('-a');
    });
  });

  it('that is empty, or ends at once, completes at once', () => {
    marbles(({ deliveries, expectObservable }) => {
      expectObservable(deliveries('|').pipe(autoAck())).toBe('|');
    });
  });

  it('has one subscriber', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('-a|');
      expectObservable(source.pipe(autoAck())).toBe('-a|');
      const second = source.pipe(catchError((error: unknown) => of((error as SluiceError).code)));
      expectObservable(second).toBe('(s|)', { s: 'STREAM_IN_USE' });
    });
  });
});

describe('a cold stream that is subscribed to again', () => {
  it('after an error goes on at its watermark: what was not settled comes again', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('-a-b-c-# 9ms d|');
      let failures = 0;
      const ackUnlessFirst = concatMap((delivery: Delivery<string>) => {
        if (delivery.value === 'b' && failures === 0) return EMPTY;
        delivery.ack();
        return [delivery.value];
      });
      const again = retry({ count: 1, delay: () => of(failures++) });
      expectObservable(source.pipe(ackUnlessFirst, again)).toBe('-a---c-(bc) 6ms d|');
      expectFate(source).toBe('                                   -a---a-(x#aa) 4ms a|');
    });
  });

  it('after an unsubscription begins anew, with all that is here by then', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('-a-b-----c|');
      expectObservable(source.pipe(autoAck(), take(1))).toBe('-(a|)');
      expectObservable(source.pipe(autoAck()), '----^').toBe('----(ab)-c|');
    });
  });

  it('after its end begins anew, and ends when it has been through', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('-a-b|');
      expectObservable(source.pipe(autoAck(), repeat({ count: 2, delay: 6 }))).toBe('-a-b------(ab|)');
    });
  });

  it('breaks with what it is told to, once, and only who is subscribed', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('a-#--b-#-c---|', undefined, { error: 'torn' });
      expectObservable(source.pipe(autoAck())).toBe('a-#', undefined, 'torn');
      const after = source.pipe(autoAck());
      expectObservable(after, '---------^').toBe('---------(bc)|');
    });
  });

  it('breaks at once, whatever stands in the window', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('(ab)#', undefined, { window: { deliveries: 1 } });
      expectObservable(source.pipe(slowly(50))).toBe('----#');
      expectFate(source).toBe('                        ----(x#)');
    });
  });

  it('hands out what comes in the very moment of its break', () => {
    marbles(({ deliveries, expectObservable }) => {
      expectObservable(deliveries('-(a#)').pipe(autoAck())).toBe('-(a#)');
    });
  });
});

describe('draining a cold stream', () => {
  it('takes no more, lets what is out finish, and completes', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('(abc)-d|', undefined, { window: { deliveries: 2 } });
      expectObservable(source.pipe(slowly(5))).toBe('-----a----(b|)');
      expectFate(source).toBe('                        -----a----(a|)');
      at('---d', { d: () => source.drain().subscribe() });
    });
  });

  it('gives up what is not settled by the deadline', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('(ab)|');
      expectObservable(source.pipe(slowly(8))).toBe('--------a--|');
      expectFate(source).toBe('                        --------a--(x|)', {
        x: { fate: 'abandoned', value: 'b', by: 'work', reason: 'drain' },
      });
      at('-d', { d: () => source.drain({ deadlineMs: 10 }).subscribe() });
    });
  });
});

describe('what a cold stream refuses', () => {
  const refusal = (...given: Parameters<MarbleKit['deliveries']>): (() => void) => {
    return () => marbles(({ deliveries }) => void deliveries(...given));
  };

  it.each([
    ['a letter without a value', refusal('ab', { a: 1 }), /deliveries values.*must say what b is/],
    ['something behind its end', refusal('a|b'), /nothing behind its \|/],
    ['^, for it begins when it is subscribed to', refusal('-^a'), /\^ only if it is hot/],
    ['a diagram that says nothing', refusal('(ab'), /\(ab\n +\^/],
    ['an option that there is not', refusal('a', undefined, { hott: true } as never), /did you mean hot/],
    ['a lease', refusal('a', undefined, { leaseMs: 5 }), /needs hot: true/],
    ['a window without room', refusal('a', undefined, { window: { deliveries: 0 } }), /window\.deliveries/],
    ['bytes that are no number', refusal('a', undefined, { bytes: () => Number.NaN }), /deliveries.bytes.*NaN/],
    ['less than one attempt', refusal('a', undefined, { maxAttempts: 0 }), /maxAttempts/],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(message);
  });

  it('to be made outside of marbles', () => {
    expect(() => deliveries('a')).toThrow(/inside marbles/);
  });
});
