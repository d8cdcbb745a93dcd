import { config, map, repeat, take, type Observable } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { marbles } from '../../src/testing.js';

const observed = (source: DeliveryStream<string>): Observable<string> =>
  source.observe().pipe(map(({ value }) => value));

afterEach(() => {
  config.onUnhandledError = null;
});

describe('observe', () => {
  it('shows what the subscriber gets, before it gets it', () => {
    const order: string[] = [];
    marbles(({ deliveries }) => {
      const source = deliveries('-ab|');
      observed(source).subscribe((value) => order.push(`observed ${value}`));
      source.pipe(autoAck()).subscribe((value) => order.push(value));
    });
    expect(order).toEqual(['observed a', 'a', 'observed b', 'b']);
  });

  it('opens no session', () => {
    marbles(({ deliveries, expectObservable, expectFate, expectCredit }) => {
      const source = deliveries('-ab|');

      expectObservable(observed(source), '^ 20ms !').toBe('');
      expectFate(source).toBe('');
      expectCredit(source).toBe('');
    });
  });

  it('has no vote: settling through it does nothing, and says so', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('-a|');
      const settled = source.observe().pipe(map((delivery) => [delivery.ack(), delivery.nack(), delivery.dead()]));

      expectObservable(settled).toBe('       -o', { o: ['observer', 'observer', 'observer'] });
      expectObservable(source.pipe(map((delivery) => delivery.ack()))).toBe('-s|', { s: 'settled' });
      expectFate(source).toBe('              -a|');
      at('                                   --e', { e: () => expect(source.fate().late).toBe(0) });
    });
  });

  it('shares value, source, attempt and outcome with the delivery', () => {
    const pairs: (readonly [Delivery<string> | undefined, Delivery<string>])[] = [];
    const outcomes: string[] = [];
    marbles(({ deliveries }) => {
      const source = deliveries('-a|');
      let seen: Delivery<string> | undefined;
      source.observe().subscribe((delivery) => {
        seen = delivery;
        delivery.outcome$.subscribe(({ fate }) => outcomes.push(fate));
      });
      source.subscribe((delivery) => {
        pairs.push([seen, delivery]);
        delivery.ack();
      });
    });
    const [[seen, delivery] = []] = pairs;
    expect(seen).toMatchObject({ value: 'a', source: delivery?.source, attempt: 1 });
    expect(outcomes).toEqual(['acked']);
  });

  it('does not hold the window: what an observer keeps costs no credit', () => {
    const kept: Delivery<string>[] = [];
    marbles(({ deliveries, expectObservable, expectCredit }) => {
      const source = deliveries('                -abc|', undefined, { window: { deliveries: 1 } });
      source.observe().subscribe((delivery) => kept.push(delivery));

      expectObservable(source.pipe(autoAck())).toBe('-abc|');
      expectCredit(source).toBe('                    1');
    });
    expect(kept).toHaveLength(3);
  });

  it('a late one sees what comes after; one that leaves disturbs nobody', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('                       -abcdef|');

      expectObservable(source.pipe(autoAck())).toBe('       -abcdef|');
      expectObservable(observed(source), '    ---^-!').toBe('---cd');
      expectObservable(observed(source).pipe(take(2))).toBe('-a(b|)');
    });
  });

  it('who subscribes again inside gets each delivery once', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('                                       -abc|');

      expectObservable(source.pipe(autoAck())).toBe('                       -abc|');
      expectObservable(observed(source).pipe(take(1), repeat({ count: 3 }))).toBe('-ab(c|)');
    });
  });

  it('goes on over epochs, and completes after a drain', () => {
    marbles(({ deliveries, expectObservable, at }) => {
      const source = deliveries('                                -ab---cd', undefined, { hot: true });

      expectObservable(source.pipe(autoAck()), '      ^--!   ').toBe('-ab');
      expectObservable(source.pipe(autoAck()), '     -----^  ').toBe('------cd-|');
      expectObservable(observed(source)).toBe('               -ab---cd-|');
      expectObservable(observed(source), '    ------------^').toBe('------------|');
      at('                                            ---------d', { d: () => source.drain().subscribe() });
    });
  });

  it('one that throws does not keep a delivery from its subscriber', () => {
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('                -ab|');
      source.observe().subscribe(({ value }) => {
        throw new Error(`observer of ${value}`);
      });

      expectObservable(source.pipe(autoAck())).toBe('-ab|');
    });
    expect(unhandled).toEqual([new Error('observer of a'), new Error('observer of b')]);
  });
});
