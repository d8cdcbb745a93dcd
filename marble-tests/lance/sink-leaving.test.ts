import { concat, Observable, of } from 'rxjs';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import type { PayloadCodec } from '../../src/codecs/payload/codec.js';
import type { SinkOptions, SinkReceipt } from '../../src/observables/lance/producing/sink.js';
import { marbles, type Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { Counted } from './counted.js';
import { storedIn } from './producing.js';

function newRig(): LanceRig {
  const rig = lanceRig({ ackDelayMs: 5 });
  rig.server.createTopic('log');
  return rig;
}

/** Without an end; throws when it is told that nothing more is wanted of it. */
const stubborn: Iterable<string> = {
  [Symbol.iterator]: () => ({
    next: () => ({ value: 'x'.repeat(95) }),
    return: () => {
      throw new Error('busy');
    },
  }),
};

/** Runs `act` while it encodes value `at`, the first of which is 1. */
function acting(at: number, act: () => void): PayloadCodec<string> {
  let encoded = 0;
  return {
    name: 'acting',
    encode: (value) => {
      if (++encoded === at) act();
      return Buffer.from(value);
    },
    decode: (bytes) => Buffer.from(bytes).toString(),
  };
}

describe('a source that throws when it is left', () => {
  it('because a batch was refused: the sink errors with that, and nothing is thrown into the reading of frames', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const seen = watch(rig.client.sink<string>('nowhere', { batchSize: 1000 })(stubborn));
      yield 500;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
      // Over the connection on which the refusal came.
      const topics = watch(rig.client.listTopics());
      yield 100;
      expect([topics.ended, rig.wire.connectedAtMs.length]).toEqual(['complete', 2]);
    });
  });

  it('the same, where it is an Observable', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const busy = new Observable<string>(() => () => {
        throw new Error('busy');
      });
      const seen = watch(rig.client.sink<string>('nowhere')(concat(of('a'), busy)));
      yield 500;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('because its codec threw: the sink errors with what that threw', () => {
    marbles(function* ({ watch }) {
      const codec = acting(100, () => {
        throw new Error('not this one');
      });
      const seen = watch(newRig().client.sink<string>('log', { batchSize: 1000, codec })(stubborn));
      yield 500;
      expect(seen.error).toMatchObject({ message: 'not this one' });
    });
  });

  it('because nobody is subscribed any more: whoever unsubscribed is told, and no connection stays', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const seen = watch(rig.client.sink<string>('log', { batchSize: 1000 })(stubborn));
      yield 100;
      expect(() => seen.unsubscribe()).toThrow('busy');
      yield 2_000;
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each(['next', 'return'])('having closed the client itself, `%s` of it: what was taken is written', (which) => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let given = 0;
      const broken = (what: string): void => {
        if (what === which) throw new Error('broken');
      };
      const steps = {
        next: () => {
          if (++given === 3) {
            watch(rig.client.close());
            broken('next');
          }
          return { value: 'x' };
        },
        return: () => broken('return'),
      };
      const seen = watch(rig.client.sink<string>('log')({ [Symbol.iterator]: () => steps } as never));
      yield 1_000;
      expect(seen.error).toMatchObject({ message: 'broken' });
      expect(storedIn(rig)).toEqual(['x', 'x']);
    });
  });
});

describe('a client that is closed while a value is being encoded', () => {
  /** As an async iterable whose promises are answered synchronously, so that virtual time sees them. */
  const asked = (source: Counted): AsyncIterable<string> => ({
    [Symbol.asyncIterator]: () => {
      const steps = source[Symbol.iterator]();
      const answer = (step: unknown): never => ({ then: (tell: (step: unknown) => void) => tell(step) }) as never;
      return { next: () => answer(steps.next()), return: () => answer(steps.return?.(undefined)) };
    },
  });
  const lingering: SinkOptions<string> = { batching: 'linger', lingerMs: 60_000 };

  it.each<[string, number, SinkOptions<string>]>([
    ['the first one', 1, {}],
    ['the second one', 2, {}],
    ['the third one, lingering', 3, lingering],
    ['the first one, lingering', 1, lingering],
  ])('%s: that one is the last, and is written without delay', (_, last, options) => {
    for (const give of [(source: Counted) => source, asked]) {
      marbles(function* ({ watch }) {
        const rig = newRig();
        const source = new Counted(95, 1_000);
        const codec = acting(last, () => watch(rig.client.close()));
        const seen: Watch<SinkReceipt> = watch(rig.client.sink<string>('log', { codec, ...options })(give(source)));
        yield 1_000;
        expect([seen.ended, source.taken, source.returned]).toEqual(['error', last, true]);
        expect((seen.error as Error).message).toContain('before the source had ended');
        expect(storedIn(rig)).toEqual([...new Counted(95, last)]);
      });
    }
  });
});

it('an async iterator that answers with no promise ends the sink, at any time', () => {
  marbles(function* ({ watch }) {
    const rig = newRig();
    let left = 1;
    const good = { then: (tell: (step: unknown) => void) => tell({ value: 'x'.repeat(95) }) };
    const source = { next: () => (left-- > 0 ? good : undefined) };
    const sink = rig.client.sink<string>('log', { bufferBytes: 100 });
    const seen = watch(sink({ [Symbol.asyncIterator]: () => source } as never));
    yield 500;
    expect(seen.error).toBeInstanceOf(TypeError);
    expect(storedIn(rig)).toEqual(['x'.repeat(95)]);
  });
});
