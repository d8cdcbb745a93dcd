import { map, timer } from 'rxjs';
import { work } from 'sluice';
import { marbles } from 'sluice/testing';

describe('nothing is acked before its handler is done', () => {
  it('a slow handler: the ack comes with the result', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const source = deliveries(' -ab------|');
      const handled = source.pipe(work((value) => timer(4).pipe(map(() => value.toUpperCase()))));

      expectObservable(handled).toBe(' -----A---(B|)');
      expectFate(source).toBe('        -----a---(a|)');
    });
  });

  it('a failing handler: its delivery is not acked at all', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      const fails = (): never => {
        throw new Error('no');
      };
      source.pipe(work(fails, { onError: 'dead' })).subscribe();

      expectFate(source).toBe('-d|');
    });
  });
});
