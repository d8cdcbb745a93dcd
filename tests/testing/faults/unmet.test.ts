import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { everyCrashPoint } from '../../../src/testing/exhaustive/every-crash-point.js';
import { fault, type Fault } from '../../../src/testing/faults/fault.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import { testPipeline } from '../../../src/testing/pipeline/test-pipeline.js';
import { GuardError } from '../../../src/testing/run/guard-error.js';
import { until, type Script } from '../../../src/testing/run/script.js';

const SYSTEMS = ['lance', 'flo', 'lightning'] as const;
type System = (typeof SYSTEMS)[number];
/** A call of each client. */
const CALLS: Record<System, (kit: MarbleKit) => { apply(given: Fault): void; faults: Faults; call(): void }> = {
  lance: ({ lance, watch }) => {
    const { client, apply, faults } = lance();
    return { apply, faults, call: () => watch(client.listTopics()) };
  },
  flo: ({ flo, watch }) => {
    const { client, apply, faults } = flo();
    return { apply, faults, call: () => watch(client.kv.put('a', 'b')) };
  },
  lightning: ({ lightning, watch }) => {
    const { client, apply, faults } = lightning({ client: { requestTimeoutMs: 300 } });
    return { apply, faults, call: () => watch(client.enqueueRollout({ input: 1 })) };
  },
};
type Faults = (diagram: string, legend?: Readonly<Record<string, Fault>>) => unknown;

const POSSIBLE: [System, string, Fault][] = SYSTEMS.flatMap((system) => {
  const everywhere = [
    fault.drop(),
    fault.delay(5, 50),
    fault.dropFrame('sent'),
    fault.dropFrame('received'),
    fault.duplicate('sent'),
    fault.corrupt('sent'),
    fault.corrupt('received'),
    fault.halfOpen(20),
    fault.slowReader({ bytesPerMs: 1 }),
    fault.restart({ downMs: 5 }),
  ];
  const ofConnections = [fault.split(), fault.duplicate('received')];
  const here = system === 'lightning' ? everywhere : [...everywhere, ...ofConnections];
  return here.map((each): [System, string, Fault] => [system, JSON.stringify(each), each]);
});

/** The error of a test that fails. */
function failureOf(test: (kit: MarbleKit) => void | Script): Error | undefined {
  try {
    marbles(test, { limitMs: 600_000 });
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

describe('a fault that meets nothing fails the test', () => {
  it.each(POSSIBLE)('%s %s: when nothing comes', (system, _, each) => {
    const error = failureOf((kit) => {
      const { faults } = CALLS[system](kit);
      faults('100ms q', { q: each });
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(error?.message).toMatch(
      new RegExp(
        String.raw`^a fault met nothing, so that the test would be the same without it:\n` +
          String.raw`  ${system}: q \(.*\) at 100 ms: .+\n.+\n.*fault\.ifAny\(fault\.${each.kind}\(`,
      ),
    );
  });

  it.each(POSSIBLE)('%s %s: not when something does', (system, _, each) => {
    const error = failureOf(function* (kit) {
      const { apply, call } = CALLS[system](kit);
      call();
      yield 25;
      call();
      apply(each);
      call();
      yield 30_000;
    });
    expect(error).toBeUndefined();
  });

  it.each(POSSIBLE)('%s %s: not when it may', (system, _, each) => {
    const error = failureOf((kit) => {
      const { apply } = CALLS[system](kit);
      apply(fault.ifAny(each));
    });
    expect(error).toBeUndefined();
  });

  it('says each of several, and points at the line that asked for the first', () => {
    const error = failureOf(function* ({ flo, lightning }) {
      const { faults } = flo();
      faults('100ms l 5ms o');
      yield 200;
      lightning().apply(fault.drop());
    });
    expect(error?.message).toBe(
      [
        '3 faults met nothing, so that the test would be the same without them:',
        '  flo: l (next frame received lost) at 100 ms: nothing to which it can happen was received after it',
        '  flo: o (connections half-open) at 106 ms: nothing was open',
        '  lightning: connections dropped at 200 ms: nothing was open',
        'Move it to where something happens.',
        'If it need not meet anything, as in a test that tries many moments: { l: fault.ifAny(fault.dropFrame(…)) }.',
      ].join('\n'),
    );
    expect(error?.stack).toMatch(/unmet\.test\.ts/);
  });

  it('an answer that waits to be overtaken meets nothing if none follows', () => {
    const reordered = (calls: number): Error | undefined =>
      failureOf(function* (kit) {
        const { apply, call } = CALLS.flo(kit);
        call();
        yield 100;
        apply(fault.reorder({ withinMs: 50 }));
        for (let index = 0; index < calls; index++) call();
        yield 1_000;
      });
    expect(reordered(1)?.message).toMatch(/no answer came after it with another one close behind/);
    expect(reordered(2)).toBeUndefined();
  });

  it('an answer over HTTP as well', () => {
    const reordered = (calls: number): Error | undefined =>
      failureOf(function* (kit) {
        const { apply, call } = CALLS.lightning(kit);
        apply(fault.reorder({ withinMs: 50 }));
        for (let index = 0; index < calls; index++) call();
        yield 1_000;
      });
    expect(reordered(1)?.message).toMatch(/no answer came after it with another one close behind/);
    expect(reordered(2)).toBeUndefined();
  });

  it('one that is healed, or superseded, before anything comes meets nothing', () => {
    const error = failureOf(function* (kit) {
      const { faults, call } = CALLS.flo(kit);
      faults('l-a-b-h', { a: fault.delay(5), b: fault.delay(7) });
      yield 100;
      call();
      yield 100;
    });
    expect(error?.message).toMatch(/^3 faults met nothing/);
  });

  it('pieces and slow readers that change nothing meet nothing', () => {
    const unchanged = (each: Fault): Error | undefined =>
      failureOf(function* (kit) {
        const { apply, call } = CALLS.flo(kit);
        apply(each);
        call();
        yield 100;
      });
    expect(unchanged(fault.split(10_000))?.message).toMatch(/nothing longer than 10000 bytes came/);
    expect(unchanged(fault.slowReader({ bytesPerMs: 10_000 }))?.message).toMatch(/nothing came that takes longer so/);
    expect(unchanged(fault.delay(0))?.message).toMatch(/that is no delay/);
  });

  it('a jump of the clock and healing need nothing to happen to', () => {
    expect(failureOf(({ flo }) => void flo().faults('j-h', { j: fault.clockJump(5) }))).toBeUndefined();
  });

  it('a server that restarts while somebody wants to connect meets that one', () => {
    const error = failureOf(function* (kit) {
      const { apply, call } = CALLS.flo(kit);
      apply(fault.restart({ downMs: 50 }));
      yield 20;
      call();
      yield 1_000;
    });
    expect(error).toBeUndefined();
  });

  it('is told beside what did not come', () => {
    const error = failureOf(({ flo, expectWire }) => {
      const { faults, wire } = flo();
      faults('100ms d');
      expectWire(wire).toBe('100ms x');
    });
    expect(error?.message).toMatch(/nothing came; x .* was expected at 100 ms.*a fault met nothing/s);
  });

  it('in testPipeline', () => {
    expect(() =>
      testPipeline(
        ({ flo }) => flo.queue.messages('orders').pipe(autoAck()),
        // Behind the end.
        { flo: { queues: { orders: ['a'] }, faults: { marbles: '7s d' } }, forMs: 1_000 },
      ),
    ).toThrow(/flo: d \(connections dropped\) at 7000 ms: nothing was open/);
  });

  it('in a scenario of everyCrashPoint only when nothing crashes', () => {
    const scenario = (diagram: string) =>
      function* ({ flo, watch }: MarbleKit): Generator<number, unknown> {
        const { client, faults } = flo();
        faults(diagram);
        const put = watch(client.kv.put('a', 'b'));
        yield* until(() => put.ended !== undefined, 60_000);
        yield 100;
        return put.ended;
      };
    const options = { crashes: ['connection'] } as const;
    const { points } = everyCrashPoint(scenario('25ms d'), (ended) => expect(ended).toBeDefined(), options);
    expect(points).toBeGreaterThan(5);
    expect(() => everyCrashPoint(scenario('80ms l'), () => {}, options)).toThrow(/a fault met nothing/);
  });
});

describe('what is no fault is refused', () => {
  it('a function that has not been called', () => {
    const unmade = (made: unknown): Error | undefined =>
      failureOf(({ flo }) => void flo().faults('5ms q', { q: made as Fault }));
    expect(unmade(fault.drop)?.message).toBe(
      'faults: q: must be what fault.drop() and the like return: call it, got function drop',
    );
    for (const made of ['drop', null, 5, {}, { kind: 'toString' }]) {
      expect(unmade(made)?.message).toMatch(/faults: q: must be what fault\.drop\(\) and the like return, got /);
    }
    expect(failureOf(({ flo }) => flo().apply(fault.drop as unknown as Fault))?.message).toMatch(/apply: .*call it/);
    expect(() => fault.ifAny(fault.drop as unknown as Fault)).toThrow(/fault\.ifAny: .*call it/);
  });

  it('one that is not possible there, when the diagram is read', () => {
    const impossible = (test: (kit: MarbleKit) => unknown): Error | undefined => failureOf((kit) => void test(kit));
    expect(impossible(({ lance }) => lance().faults('5s r'))?.message).toBe(
      'fault: must be possible here: answers have no ids, only their order, got "reorder"',
    );
    expect(impossible(({ lightning }) => lightning().faults('5s s'))?.message).toBe(
      'fault: must be possible here: over HTTP, requests and answers come whole, got "split"',
    );
    expect(impossible(({ lightning }) => lightning().apply(fault.duplicate('received')))?.message).toBe(
      'fault: must be possible here: over HTTP, a request has one answer, got "duplicate"',
    );
  });
});
