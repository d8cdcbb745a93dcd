import { concatMap, interval, map, merge, mergeMap, NEVER, of, take, tap, throwError, timer } from 'rxjs';
import { autoAck, json, records, work } from 'sluice';
import { TlvRecord } from 'sluice/lance';
import { fault, GuardError, matchers, testPipeline, type MarbleMatchers, type PipelineClients } from 'sluice/testing';

expect.extend(matchers);

declare global {
  namespace jest {
    interface Matchers<R> extends MarbleMatchers<R> {}
  }
}

const doubled = ({ flo }: PipelineClients) =>
  flo.queue
    .messages('numbers', { codec: json<number>(), window: { deliveries: 2 } })
    .pipe(work((n) => timer(20).pipe(map(() => n * 2))));

describe('testPipeline', () => {
  it('shows output, fates, credit, wires, topics and queues', () => {
    const seen = testPipeline<number>(doubled, { flo: { queues: { numbers: [1, 2, 3] } }, forMs: 1_000 });
    expect(seen.output.values).toEqual([2, 4, 6]);
    expect(seen.output).toMatchMarbles('60ms a 19ms b 39ms c 879ms |', { a: 2, b: 4, c: 6 });
    expect(seen.fates['flo:numbers']).toMatchMarbles('80ms a 19ms a 39ms a 859ms |');
    expect(seen.fates['flo:numbers']?.report).toMatchObject({ delivered: 3, acked: 3, abandoned: 0 });
    expect(seen.fates['flo:numbers']?.credit.events[0]).toMatchObject({ atMs: 0, value: 1 });
    expect(seen.wires.flo.acks).toEqual([
      [60, 1],
      [80, 2],
      [120, 3],
    ]);
    expect(seen.wires.lance.events).toEqual([]);
    expect(seen.queues).toEqual({ numbers: { ready: 0, delayed: 0, leased: 0, dead: 0, deadLetters: [] } });
    expect(seen.topics).toEqual({});
  });

  it('is over when the pipeline is', () => {
    const { output, fates } = testPipeline<number>((clients) => doubled(clients).pipe(take(2)), {
      flo: { queues: { numbers: [1, 2, 3] } },
    });
    expect(output).toMatchMarbles('60ms a 19ms (b|)', { a: 2, b: 4 });
    expect(fates['flo:numbers']?.report).toMatchObject({ acked: 2, abandoned: 0 });
  });

  it('is over when the pipeline fails, and what else goes on is drained', () => {
    const failing = timer(500).pipe(concatMap(() => throwError(() => new Error('burst'))));
    const { output, fates } = testPipeline<number>((clients) => merge(doubled(clients), failing), {
      flo: { queues: { numbers: [1] } },
    });
    expect(output.error).toEqual(new Error('burst'));
    expect(output.endedAtMs).toBe(500);
    expect(fates['flo:numbers']?.report).toMatchObject({ delivered: 1, acked: 1 });
  });

  it('drains when its time is over, so that nothing that is under way is lost', () => {
    const { output, fates, queues } = testPipeline<number>(doubled, {
      flo: { queues: { numbers: [1, 2, 3, 4, 5, 6] } },
      forMs: 70,
    });
    expect(output.values).toEqual([2, 4]);
    expect(fates['flo:numbers']?.report).toMatchObject({ delivered: 2, acked: 2, abandoned: 0 });
    expect(queues['numbers']).toMatchObject({ ready: 4, leased: 0 });
  });

  it('abandons what is not done at the end of the drain', () => {
    const { fates, queues } = testPipeline(({ flo }) => flo.queue.messages('stuck').pipe(work(() => NEVER)), {
      flo: { queues: { stuck: ['a'] } },
      forMs: 100,
      drainMs: 50,
    });
    expect(fates['flo:stuck']).toMatchMarbles('150ms (x|)', { x: { fate: 'abandoned', reason: 'drain' } });
    expect(queues['stuck']).toMatchObject({ ready: 1, leased: 0 });
  });

  it('is over when a server is gone for good, which is how long its clients may take to close', () => {
    const gone = { marbles: '5ms r', faults: { r: fault.restart({ downMs: 2_000_000 }) } };
    const { output, fates, queues, topics } = testPipeline(
      ({ flo, producer }) => flo.queue.messages('orders').pipe(work(() => producer.send('shipped', 'x'))),
      {
        flo: { queues: { orders: ['a'] } },
        lance: { topics: { shipped: [] }, faults: gone },
        forMs: 500,
        drainMs: 1_000,
      },
    );
    expect(output).toMatchMarbles('1500ms |');
    expect(fates['flo:orders']).toMatchMarbles('1500ms (x|)', { x: { fate: 'abandoned', reason: 'drain' } });
    expect([queues['orders'], topics['shipped']]).toEqual([expect.objectContaining({ ready: 1, leased: 0 }), []]);
  });

  it('drains what the pipeline drains by itself', () => {
    const { output, fates, queues } = testPipeline(
      ({ flo }) => {
        const tasks = flo.queue.messages('tasks');
        timer(100).subscribe(() => tasks.drain().subscribe());
        return tasks.pipe(work(() => timer(50)));
      },
      { flo: { queues: { tasks: ['a', 'b'] } } },
    );
    expect(output).toMatchMarbles('90ms a 49ms b 19ms |', { a: 0, b: 0 });
    expect(fates['flo:tasks']).toMatchMarbles('110ms a 49ms (a|)');
    expect(queues['tasks']).toMatchObject({ ready: 0, leased: 0 });
  });

  it('does not pass over what goes on beside it', () => {
    const run = () =>
      testPipeline(() => {
        interval(10_000).subscribe();
        return timer(100);
      });
    expect(run).toThrow(GuardError);
    expect(run).toThrow(/something still goes on .* started at .*test-pipeline\.test\.ts/s);
  });

  it('leaves what never ends by itself', () => {
    let left = 0;
    const { output } = testPipeline<number>(() => interval(10).pipe(tap({ unsubscribe: () => left++ })), { forMs: 35 });
    expect([output.values, left]).toEqual([[0, 1, 2], 1]);
  });

  it('puts in what is there from the beginning, and what comes at its moment', () => {
    const { topics } = testPipeline(
      ({ lance }, { time }) => {
        expect(time('--|')).toBe(2);
        return lance.consume('log').pipe(autoAck(), records());
      },
      {
        lance: {
          topics: {
            log: {
              marbles: '500ms a 500ms (bc)',
              values: { b: { id: 1 }, c: TlvRecord.keyValue('k', new Uint8Array([118])) },
            },
            other: ['text', new Uint8Array([98]), { json: true }],
          },
        },
        forMs: 2_000,
      },
    );
    expect(topics['log']?.slice(0, 2)).toEqual(['a', '{"id":1}']);
    expect(topics['log']).toHaveLength(3);
    expect(topics['other']).toEqual(['text', 'b', '{"json":true}']);
  });

  it('joins the three systems', () => {
    const { output, queues, topics, wires, servers } = testPipeline<string>(
      ({ lance, flo, producer, store }) =>
        merge(
          lance.consume('in').pipe(
            records(),
            work((record) => flo.queue.enqueue('tasks', record.text()).pipe(map(() => 'queued'))),
          ),
          flo.queue
            .messages('tasks')
            .pipe(work((task) => producer.send('out', `${Buffer.from(task).toString()}!`).pipe(map(() => 'written')))),
          store.dequeueRollout().pipe(map((rollout) => `rollout ${JSON.stringify(rollout?.input)}`)),
        ),
      {
        lance: { topics: { in: ['a', 'b'], out: [] } },
        flo: { queues: { tasks: [] } },
        lightning: { rollouts: [{ input: 7 }] },
        forMs: 2_000,
      },
    );
    expect(output.values.toSorted()).toEqual(['queued', 'queued', 'rollout 7', 'written', 'written']);
    expect(topics['out']).toEqual(['a!', 'b!']);
    expect(queues['tasks']).toMatchObject({ ready: 0, leased: 0, dead: 0 });
    expect(wires.lightning.events).not.toEqual([]);
    expect(servers.lightning.rollouts).toHaveLength(1);
  });

  it('names a second stream of the same name', () => {
    const { fates } = testPipeline(
      ({ lance }) => merge(...['from', 'again'].map(() => lance.consume('log', { until: 'end' }).pipe(autoAck()))),
      { lance: { topics: { log: ['a'] } } },
    );
    expect(Object.keys(fates)).toEqual(['lance:log', 'lance:log (2)']);
  });

  it('lets faults happen, as far away as it is told', () => {
    const { output, wires } = testPipeline<string>(
      ({ lance }) =>
        lance.consume('log').pipe(
          autoAck(),
          records(),
          map((record) => record.text()),
        ),
      {
        lance: {
          topics: { log: { marbles: 'a 299ms b' } },
          faults: { marbles: '100ms d 400ms r', faults: { r: fault.restart({ downMs: 50 }) } },
        },
        latencyMs: 5,
        forMs: 2_000,
      },
    );
    expect(output.values).toEqual(['a', 'b']);
    expect(wires.lance.only('connect', 'closed')).toMatchMarbles('C 99ms x 99ms C 305ms x 99ms C');
  });

  it('has the same chance each time, and another with another seed', () => {
    const drawn = (options?: { seed?: number; jitter?: 'none' }): number[] =>
      testPipeline<number>(() => of(1, 2).pipe(map(() => Math.random())), options).output.values;
    expect(drawn()).toEqual(drawn());
    expect(drawn({ seed: 2 })).not.toEqual(drawn());
    expect(drawn({ jitter: 'none' })).toEqual([1 - Number.EPSILON, 1 - Number.EPSILON]);
  });

  it('fails at a promise, as marbles does', () => {
    const pipeline = ({ flo }: PipelineClients) => flo.queue.messages('q').pipe(work(async () => 1));
    const run = () => testPipeline(pipeline, { flo: { queues: { q: ['a'] } } });
    expect(run).toThrow(GuardError);
    expect(run).toThrow(/returned a promise/);
  });

  it('throws what the pipeline throws while it is made', () => {
    const run = () =>
      testPipeline(() => {
        throw new RangeError('no such thing');
      });
    expect(run).toThrow(RangeError);
  });

  it('needs an Observable', () => {
    expect(() => testPipeline(() => undefined as never)).toThrow(/returns the pipeline, an Observable, got undefined/);
  });

  it('waits for no stream that begins when all others are drained', () => {
    const { fates } = testPipeline(
      ({ flo }) =>
        merge(flo.queue.messages('a'), timer(150).pipe(mergeMap(() => flo.queue.messages('b')))).pipe(autoAck()),
      { flo: { queues: { a: [], b: ['x'] } }, forMs: 140 },
    );
    expect(fates['flo:a']?.report.delivered).toBe(0);
  });

  it.each([
    ['an option that there is not', { forMS: 5 }, 'testPipeline.forMS'],
    ['a time that is none', { forMs: -1 }, 'forMs'],
    ['one of a server', { flo: { maxDeliverys: 3 } }, 'maxDeliverys'],
    ['an input without a diagram', { lance: { topics: { log: { marble: 'a' } } } }, 'lance.topics.log.marble'],
    ['an input that ends', { flo: { queues: { q: { marbles: 'a|' } } } }, 'flo.queues.q.marbles'],
    ['a fault that there is not', { flo: { faults: { marbles: 'q' } } }, 'faults'],
    ['a rollout that there is not', { lightning: { rollouts: [{ inputs: 1 }] } }, 'inputs'],
  ])('refuses %s', (_, options, option) => {
    expect(() => testPipeline(() => NEVER, options as never)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(option) }),
    );
  });
});
