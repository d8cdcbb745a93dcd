import { EMPTY, map, mergeMap, NEVER, of, take, timer } from 'rxjs';
import { ack } from '../../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../../src/observables/delivery/operators/records.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { fateRecording } from '../../../src/testing/deliveries/fate-recording.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import type { Recording } from '../../../src/testing/marbles/recording.js';

const oops = (): never => {
  throw new Error('oops');
};

describe('the fate of a delivery', () => {
  it('is shown when it comes: acked, nacked, dead, abandoned, and the end of the session', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('abcd', undefined, { window: { deliveries: 9 } });
      const deeds: Readonly<Record<string, (delivery: Delivery<string>) => unknown>> = {
        a: (delivery) => delivery.ack(),
        b: (delivery) => delivery.nack({ delayMs: 100 }),
        c: (delivery) => delivery.dead(),
      };
      source.pipe(take(4)).subscribe((delivery) => deeds[delivery.value]?.(delivery));
      expectFate(source).toBe('andx');
    });
  });

  it('with an error, if its session ends with one', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const source = deliveries('a-#', undefined, { error: 'torn' });
      expectObservable(source.pipe(work(() => NEVER))).toBe('--#', undefined, 'torn');
      expectFate(source).toBe('                               --(x#)', { x: { reason: 'error' } }, 'torn');
    });
  });

  it('is the same whether it is asked for before or after the subscription', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('ab|');
      expectFate(source).toBe('aa|');
      source.pipe(autoAck()).subscribe();
      expectFate(source).toBe('aa|');
    });
  });

  it('comes when the server has confirmed it', () => {
    marbles(({ flo, expectFate }) => {
      const { client, server } = flo({ latencyMs: 10 });
      server.enqueue('tasks', new Uint8Array(1));
      const tasks = client.queue.messages('tasks');
      const acked: string[] = [];
      tasks.pipe(take(1)).subscribe((delivery) => acked.push(delivery.ack()));
      expectFate(tasks).toBe('60ms a');
    });
  });

  it('of a batch comes when all its records have theirs', () => {
    marbles(({ lance, expectFate }) => {
      const { client, append } = lance({ latencyMs: 10 });
      append('log', 'a', 'b', 'c');
      const log = client.consume('log', { until: 'end' });
      const refuseOnce = log.pipe(records()).subscribe((record) => {
        if (record.value.text() === 'b' && record.attempt === 1) record.nack({ delayMs: 5 });
        else record.ack();
      });
      expect(refuseOnce.closed).toBe(false);
      expectFate(log).toBe('85ms (a|)', { a: { fate: 'acked', by: 'records', attempt: 1, value: { length: 3 } } });
    });
  });

  it('is none until there is one', () => {
    marbles(
      ({ deliveries, expectFate }) => {
        const source = deliveries('a|');
        source.subscribe();
        expectFate(source).toBe('');
      },
      { leaveOpen: true },
    );
  });
});

describe('who decided', () => {
  const cases = {
    work: work(() => 1),
    ack: ack(),
    autoAck: autoAck(),
    filterDelivery: filterDelivery(() => false),
  };
  it.each(Object.entries(cases))('%s', (by, operator) => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      source.pipe(operator as ReturnType<typeof work>).subscribe();
      expectFate(source).toBe('-a|', { a: { fate: 'acked', by } });
    });
  });

  it('the subscriber, where no operator of ours was', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      source.pipe(mergeMap((delivery) => timer(3).pipe(map(() => delivery.ack())))).subscribe();
      expectFate(source).toBe('----(a|)', { a: { by: 'subscriber' } });
    });
  });

  it('the last one of several', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      source
        .pipe(
          mapDelivery((value) => value),
          work(() => 1),
        )
        .subscribe();
      expectFate(source).toBe('-a|', { a: { by: 'work' } });
    });
  });

  it('the one whose vote counts, among several', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('a------b--|', undefined, { hot: true });
      source.pipe(work(() => timer(5))).subscribe();
      source.subscribe((delivery) => {
        if (delivery.value === 'b' || delivery.attempt > 1) delivery.ack();
        else delivery.nack({ delayMs: 20 });
      });
      expectFate(source).toBe('-----n------b 17ms (a|)', {
        n: { fate: 'nacked', by: 'subscriber' },
        b: { fate: 'acked', by: 'work' },
        a: { fate: 'acked', by: 'work', attempt: 2 },
      });
    });
  });

  it('the one that left, if nobody was worse', () => {
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('a', undefined, { hot: true });
      const leaves = source.subscribe();
      source
        .pipe(
          work(() => timer(5)),
          take(1),
        )
        .subscribe();
      at('---l', { l: () => leaves.unsubscribe() });
      expectFate(source).toBe('-----x', { x: { fate: 'abandoned', by: 'subscriber' } });
    });
  });

  it('is forgotten when a delivery comes again', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const source = deliveries('-a', undefined, { hot: true });
      const once = source.pipe(
        mergeMap((delivery) => (delivery.attempt === 1 ? of(delivery).pipe(work(oops, { onError: 'nack' })) : EMPTY)),
      );
      expectObservable(once, '^ 1s !').toBe('');
      expectFate(source).toBe('-n 999ms x', { n: { by: 'work' }, x: { by: 'subscriber', attempt: 2 } });
    });
  });
});

describe('why', () => {
  it('what was said with it', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('ab|');
      source.subscribe((delivery) =>
        delivery.dead(delivery.value === 'a' ? { reason: 'too old' } : { cause: new Error('bad') }),
      );
      expectFate(source).toBe('ab|', { a: { fate: 'dead', reason: 'too old' }, b: { fate: 'dead', reason: 'bad' } });
    });
  });

  it('what a handler failed with, and how often', () => {
    const onError = { retry: { maxAttempts: 3, initialMs: 2 }, then: 'dead' } as const;
    marbles(
      ({ deliveries, expectFate }) => {
        const source = deliveries('a|');
        source.pipe(work(oops, { onError })).subscribe();
        expectFate(source).toBe('------(d|)', { d: { reason: 'oops', by: 'work', attempt: 1, attempts: 3 } });
      },
      { jitter: 'none' },
    );
  });

  it('whatever it failed with', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('ab|');
      const cause: unknown = Object.create(null);
      source.subscribe((delivery) => delivery.dead({ cause: delivery.value === 'a' ? cause : { code: 7 } }));
      expectFate(source).toBe('ab|', { a: { fate: 'dead', reason: '{}' }, b: { fate: 'dead', reason: '{ code: 7 }' } });
    });
  });

  it('a handler that was given up: its stream is left', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('(ab)|');
      source.pipe(work(oops, { onError: 'fail' })).subscribe({ error: () => undefined });
      expectFate(source).toBe('x', { x: { reason: 'unsubscribe', value: 'a', by: 'work' } });
    });
  });

  it('a drain that reached its deadline', () => {
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('a');
      source.pipe(work(() => NEVER)).subscribe();
      at('-d', { d: () => source.drain({ deadlineMs: 3 }).subscribe() });
      expectFate(source).toBe('----(x|)', { x: { reason: 'drain' } });
    });
  });

  it('a session that fails while it drains', () => {
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('a-#');
      source.pipe(work(() => NEVER)).subscribe();
      at('-d', { d: () => source.drain({ deadlineMs: 3 }).subscribe() });
      expectFate(source).toBe('--(x|)', { x: { reason: 'error' } });
    });
  });
});

describe('what a test says of a fate', () => {
  it('is a name, or an object that names a part of it, however deep', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('ab|', { a: { id: 1, tags: ['x'] }, b: { id: 2, tags: [] } });
      source.subscribe((delivery) => delivery.ack());
      expectFate(source).toBe('ab|', {
        a: { value: { id: 1 } },
        b: { fate: 'acked', value: { tags: [] }, position: 1n },
      });
      expectFate(source).toBe('xy|', { x: 'acked', y: 'acked' });
    });
  });

  it('bytes are the same in a Buffer and without one', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const source = deliveries('ab|', { a: new Uint8Array([1, 2]), b: { bytes: new Uint8Array([3]) } });
      const values = { a: Buffer.from([1, 2]), b: { bytes: Buffer.from([3]) } };
      expectObservable(source.pipe(autoAck())).toBe('ab|', values);
      expectFate(source).toBe('ab|', { a: { value: values.a }, b: { value: values.b } });
    });
  });

  it('may have what the framework has for such things, however deep', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const source = deliveries('ab|', { a: { id: 1 }, b: { id: 2 } });
      const any: unknown = expect.any(Number);
      const some: unknown = expect.objectContaining({ id: 2 });
      expectObservable(source.pipe(autoAck())).toBe('ab|', { a: { id: 1 }, b: some });
      expectFate(source).toBe('ab|', { a: { value: { id: any } }, b: { value: some } });
    });
  });

  it.each([
    ['another fate', { a: 'nacked' }],
    ['another value', { a: { value: 'b' } }],
    ['less of an array', { a: { value: [] } }],
    ['other bytes', { a: { value: Buffer.from('a') } }],
    ['an expression', { a: /acked/ }],
    ['a list', { a: [] }],
    ['what it has not', { a: { fate: 'acked', colour: 'red' } }],
    ['what is none', { a: 7 }],
    ['what the framework says is not so', { a: { value: expect.any(Number) as unknown } }],
  ])('and is wrong with %s', (_what, values) => {
    expect(() =>
      marbles(({ deliveries, expectFate }) => {
        const source = deliveries('a|');
        source.pipe(autoAck()).subscribe();
        expectFate(source).toBe('a|', values);
      }),
    ).toThrow(/came at 0 ms +b = acked a by autoAck/);
  });

  it('must be of the stream itself', () => {
    marbles(({ deliveries, expectFate }) => {
      const piped = deliveries('a|').pipe(autoAck());
      expect(() => expectFate(piped as never)).toThrow(/keep the stream in a variable/);
    });
  });
});

describe('a fate in words', () => {
  it('says what, which, who, and why', () => {
    let recorded: Recording | undefined;
    marbles(({ deliveries }) => {
      const source = deliveries('abcdef', { a: 'a', b: 2, c: { id: 3 }, d: 4n, e: true, f: 'a text that is too long' });
      recorded = fateRecording(source);
      source.pipe(take(7)).subscribe((delivery) => {
        if (delivery.attempt === 2) delivery.ack();
        else if (delivery.value === 2) delivery.nack({ delayMs: 2 });
        else if (delivery.value === 4n) delivery.dead({ reason: 'odd' });
        else if (delivery.value === true) delivery.nack({ delayMs: 99 });
        else if (typeof delivery.value !== 'string' || delivery.value === 'a') delivery.ack();
      });
    });
    expect(recorded?.events.map(({ words }) => words)).toEqual([
      'acked a by subscriber',
      'nacked 2 by subscriber for 2 ms',
      'acked { id: 3 } by subscriber',
      'acked 2 (attempt 2) by subscriber',
      'dead 4 by subscriber: odd',
      'nacked true by subscriber for 99 ms',
      'abandoned a text that is too long in subscriber: unsubscribe',
    ]);
  });
});
