import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { compare } from '../../../src/testing/marbles/compare.js';
import { DiagramError } from '../../../src/testing/marbles/diagram-error.js';
import { drawDiagram } from '../../../src/testing/marbles/draw-diagram.js';
import { MarbleMismatchError } from '../../../src/testing/marbles/marble-mismatch-error.js';
import type { MarbleEvent } from '../../../src/testing/marbles/recording.js';
import { arbitraryMoments, isSayable } from './arbitrary-moments.js';
import { fates, recorded } from './recorded.js';

describe('compare', () => {
  it('is undefined if time, kind and value of all are the same', () => {
    expect(compare(recorded('-a-(bc)|'), '  -a - (bc)|')).toBeUndefined();
    expect(compare(recorded(''), '-----')).toBeUndefined();
  });

  it.each(['-a-b', '-a-b|', '-a--b#', '--a-b#', '-a-c#', '-b-a#', '-(ab)#', '-a-b#c', ''])(
    '-a-b# is not %s',
    (other) => {
      expect(compare(recorded('-a-b#'), other)).toBeInstanceOf(MarbleMismatchError);
    },
  );

  it('gives both diagrams', () => {
    const mismatch = compare(recorded('-a-b|', { b: { x: 1 } }), '-a- c |');
    expect(mismatch).toMatchObject({ name: 'MarbleMismatchError', expected: '-a- c |', actual: '-a-b|' });
  });

  it('says nothing twice to test runners: the diagrams are not enumerable', () => {
    expect(Object.keys(compare(recorded('a'), 'b')!)).toEqual([]);
  });

  it('has no actual diagram for what the syntax cannot say', () => {
    const { events } = recorded('(ab)');
    const mismatch = compare({ name: 'x', events: [...events, { atMs: 1, kind: 'next', value: 'c' }] }, '(ab)c');
    expect(mismatch!.actual).toBeUndefined();
  });

  it('throws for what is no diagram', () => {
    expect(() => compare(recorded('a'), '(a')).toThrow(DiagramError);
  });

  describe('letters', () => {
    it('stand for the values, deeply', () => {
      const values = { a: { id: 1, tags: ['x'] }, b: new Uint8Array([1]), c: undefined };
      expect(compare(recorded('-a-b-c', values), '-a-b-c', structuredValues())).toBeUndefined();
      expect(compare(recorded('-a', values), '-a', { a: { id: 1, tags: ['y'] } })).toBeDefined();
    });

    it('stand for what the legend says unless the values say otherwise', () => {
      const recording = recorded('-a', { a: 'acked' }, { legend: { a: 'acked', b: 'acked' } });
      expect(compare(recording, '-a')).toBeUndefined();
      expect(compare(recording, '-b')).toBeUndefined();
      expect(compare(recording, '-b', { b: 'nacked' })).toBeDefined();
    });

    it('stand for themselves otherwise, whatever objects inherit', () => {
      expect(compare(recorded('-a'), '-a', { b: 1 })).toBeUndefined();
      expect(compare(recorded('-a', { a: 1 }), '-a')).toBeDefined();
    });

    it('are compared as the recording says', () => {
      expect(compare(fates('-a-n|'), '-a-n|')).toBeUndefined();
      expect(compare(fates('-a-n|'), '-a-m|', { m: { fate: 'nacked', attempt: 2 } })).toBeUndefined();
      expect(compare(fates('-a-n|'), '-a-m|', { m: { fate: 'nacked', attempt: 3 } })).toBeDefined();
    });
  });

  describe('values', () => {
    const value = { id: 5, tags: ['x', 'y'], at: { city: 'Bern' } };

    it.each<[string, unknown]>([
      ['equal', { id: 5, tags: ['x', 'y'], at: { city: 'Bern' } }],
      ['of another realm', structuredClone(value)],
      ['expect.anything()', expect.anything()],
      ['expect.objectContaining(…)', expect.objectContaining({ at: { city: 'Bern' } })],
      [
        'with a matcher inside',
        { id: expect.any(Number), tags: ['x', expect.stringMatching(/y/)], at: { city: 'Bern' } },
      ],
    ])('match what is %s', (_, expected) => {
      expect(compare(recorded('-a', { a: value }), '-a', { a: expected })).toBeUndefined();
    });

    it.each<[string, unknown]>([
      ['less', { id: 5, tags: ['x', 'y'] }],
      ['more', { ...value, undefined }],
      ['another list', { ...value, tags: ['y', 'x'] }],
      ['of a class', Object.assign(new Error('a class'), value)],
      ['a matcher that fails inside', { ...value, tags: ['x', expect.any(Number)] }],
      ['no object', 5],
    ])('do not match what is %s', (_, expected) => {
      expect(compare(recorded('-a', { a: value }), '-a', { a: expected })).toBeDefined();
    });

    it('may hold themselves', () => {
      const [one, other, another] = [circular('one'), circular('one'), circular('another')];
      expect(compare(recorded('-a', { a: one }), '-a', { a: other })).toBeUndefined();
      expect(compare(recorded('-a', { a: one }), '-a', { a: another })).toBeDefined();
    });
  });

  describe('errors', () => {
    const gone = Object.assign(new TypeError('the peer has gone'), { code: 'CLOSED' });
    const recording = recorded('-#', { '#': gone });

    it.each([
      ['any', undefined],
      ['an equal one', Object.assign(new TypeError('the peer has gone'), { code: 'CLOSED' })],
      ['a class', TypeError],
      ['a class above', Error],
      ['an expression', /has gone$/],
      ['properties', { code: 'CLOSED' }],
    ])('match %s', (_, error) => {
      expect(compare(recording, '-#', {}, error)).toBeUndefined();
    });

    it.each([
      ['another', new TypeError('the peer has come')],
      ['one with less', new TypeError('the peer has gone')],
      ['another class', RangeError],
      ['a function that is no class', () => true],
      ['another expression', /^has gone/],
      ['other properties', { code: 'TIMEOUT' }],
      ['a text', 'the peer has gone'],
      ['null', null],
    ])('do not match %s', (_, error) => {
      expect(compare(recording, '-#', {}, error)).toBeDefined();
    });

    it('may be anything that is thrown', () => {
      expect(compare(recorded('-#', { '#': 5 }), '-#', {}, 5)).toBeUndefined();
      expect(compare(recorded('-#', { '#': 5 }), '-#', {}, RangeError)).toBeDefined();
    });
  });

  it('takes for one moment what timers of fractions add up to', () => {
    expect(compare({ name: 'x', events: [{ atMs: 0.1 + 0.2, kind: 'next', value: 'a' }] }, '0.3ms a')).toBeUndefined();
    expect(compare({ name: 'x', events: [{ atMs: 0.301, kind: 'next', value: 'a' }] }, '0.3ms a')).toBeDefined();
  });

  it('finds what it draws the same', () => {
    fc.assert(
      fc.property(arbitraryMoments.filter(isSayable), (moments) => {
        const events = moments.map(({ atMs, kind, letter }) => ({ atMs, kind, value: letter }));
        expect(compare({ name: 'x', events }, drawDiagram(moments)!)).toBeUndefined();
      }),
    );
  });

  it('agrees with a comparison without pictures, and always has one to show', () => {
    fc.assert(
      fc.property(arbitraryMoments.filter(isSayable), arbitraryMoments, (expected, actual) => {
        const events = actual.map(({ atMs, kind, letter }) => ({ atMs, kind, value: letter }));
        const mismatch = compare({ name: 'x', events }, drawDiagram(expected)!);
        expect(mismatch === undefined).toBe(isDeepStrictEqual(expected, actual));
        if (mismatch !== undefined)
          expect(mismatch.message).toMatch(/^x: .+\n\n {2}expected {2}.+\n {2}actual {4}.+\n +.*\^/u);
      }),
    );
  });

  it('never throws, whatever the values are', () => {
    const values = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      fc.nat(HOSTILE.length - 1).map((index) => new Hostile(index)),
    );
    const event = fc.record({
      atMs: fc.oneof(fc.nat(50), fc.double({ min: 0, max: 50, noNaN: true })),
      kind: fc.constantFrom('next', 'error', 'complete'),
      value: values,
    });
    const legends = fc.dictionary(fc.constantFrom('a', 'b', '1'), values);
    fc.assert(
      fc.property(
        fc.array(event),
        arbitraryMoments.filter(isSayable),
        legends,
        values,
        (all, moments, legend, error) => {
          const events = all.map((one): MarbleEvent => ({ ...one, value: hostile(one.value) }));
          const meanings = Object.fromEntries(Object.entries(legend).map(([key, value]) => [key, hostile(value)]));
          const recording = { name: 'x', events: events.toSorted((a, b) => a.atMs - b.atMs) };
          const mismatch = compare(recording, drawDiagram(moments)!, meanings, hostile(error));
          expect(mismatch?.message ?? 'x: ').toMatch(/^x: /);
        },
      ),
    );
  });

  it('survives a recording whose comparison throws', () => {
    const matches = (): never => {
      throw new Error('do not compare');
    };
    expect(compare(recorded('-a', {}, { matches }), '-a')).toBeDefined();
  });

  it('is quick with long recordings', () => {
    const events = Array.from({ length: 4000 }, (_, index) => ({
      atMs: index * 10,
      kind: 'next' as const,
      value: index,
    }));
    const diagram = Array.from({ length: 4000 }, () => 'a').join(' 9ms ');
    const beganMs = performance.now();
    expect(compare({ name: 'x', events }, diagram, { a: 0 })).toBeDefined();
    expect(performance.now() - beganMs).toBeLessThan(5000);
  });
});

/** Values that can't be touched; fast-check would touch them. */
const HOSTILE: readonly (() => unknown)[] = [
  () => new Proxy({}, throwing()),
  () => ({
    get x(): never {
      throw new Error('do not look');
    },
  }),
  () => () => 1,
  () => Symbol('s'),
  () => Object.create(null) as unknown,
  () => new Date(Number.NaN),
  () => Object.assign(new Error('boom'), { message: 5 }),
  () => circular(),
];

class Hostile {
  constructor(readonly index: number) {}
}

function hostile(value: unknown): unknown {
  return value instanceof Hostile ? HOSTILE[value.index]!() : value;
}

function structuredValues(): Record<string, unknown> {
  return { a: { id: 1, tags: ['x'] }, b: new Uint8Array([1]), c: undefined };
}

function throwing(): ProxyHandler<object> {
  const refuse = (): never => {
    throw new Error('do not touch');
  };
  return { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse };
}

function circular(name = 'one'): unknown {
  const one: Record<string, unknown> = { name };
  one['self'] = one;
  return one;
}
