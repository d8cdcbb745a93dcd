import fc from 'fast-check';
import { KvStore } from '../../../src/embedded/flo/kv-store.js';
import { runs } from '../../delivery/model/seed.js';
import { marbles, type Script } from '../../../src/testing.js';

const { title, parameters } = runs(300, 15_000);
const bytes = (text: string): Uint8Array => Buffer.from(text);

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      put: key,
      ttlMs: fc.constantFrom(undefined, undefined, 0, 5, 40),
      cas: fc.constantFrom(undefined, undefined, 'none', 'present', 'stale'),
      condition: fc.constantFrom(undefined, undefined, 'always', 'ifAbsent', 'ifPresent'),
    }),
  },
  fc.record({ delete: key, cas: fc.constantFrom(undefined, 'present', 'stale') }),
  fc.record({ pass: fc.nat({ max: 30 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

it(`agrees with a map and a clock (${title})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => marbles(() => compare(steps))),
    parameters,
  );
});

function* compare(steps: readonly Step[]): Script {
  const store = new KvStore();
  const model = new Map<string, { version: bigint; value: string; untilMs: number }>();
  let now = 0;
  let lastVersion = 0n;
  for (const [at, each] of steps.entries()) {
    if ('pass' in each) {
      now += each.pass;
      yield each.pass;
    } else {
      const name = 'put' in each ? each.put : each.delete;
      const version = model.get(name)?.version ?? 0n;
      const casVersion = each.cas && { none: 0n, present: version, stale: version + 1n }[each.cas];
      const stale = casVersion !== undefined && casVersion !== version;
      if ('put' in each) {
        const { ttlMs, condition } = each;
        const outcome = store.put(name, bytes(`${at}`), { ttlMs, condition, casVersion });
        const forbidden = (condition === 'ifAbsent' && version > 0n) || (condition === 'ifPresent' && version === 0n);
        if (stale) expect(outcome).toBe('casMismatch');
        else if (forbidden) expect(outcome).toBe('conditionFailed');
        else {
          expect(typeof outcome === 'bigint' && outcome > lastVersion).toBe(true);
          lastVersion = outcome as bigint;
          const untilMs = ttlMs === undefined || ttlMs === 0 ? Number.POSITIVE_INFINITY : now + ttlMs;
          model.set(name, { version: lastVersion, value: `${at}`, untilMs });
        }
      } else {
        const expected = version === 0n ? 'missing' : stale ? 'casMismatch' : 'deleted';
        expect(store.delete(name, { casVersion })).toBe(expected);
        if (expected === 'deleted') model.delete(name);
      }
    }
    for (const [name, { untilMs }] of model) if (untilMs <= now) model.delete(name);
    expect(store.size).toBe(model.size);
    for (const name of ['a', 'b', 'c']) {
      const entry = store.get(name);
      const expected = model.get(name);
      expect(entry?.version).toBe(expected?.version);
      expect(entry && Buffer.from(entry.value).toString()).toBe(expected?.value);
    }
  }
}
