import { fault } from '../../../../src/testing/faults/fault.js';
import { MISFORTUNES, misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Between the moments at which it goes wrong, in milliseconds. */
const STEP = 23;
/** A body that can't be read is not asked for again: its call fails with what is wrong with it. */
const UNREADABLE = ['a damaged request', 'a damaged answer', 'an answer damaged at its end'] as const;
const REASONS = [undefined, 'LIGHTNING_VALIDATION', 'LIGHTNING_PROTOCOL'];
const POSSIBLE = misfortunesBut('split into bytes', 'split into seven bytes', 'an answer twice', ...UNREADABLE);

describe('waitForRollouts: each rollout comes once as it has ended, whatever goes wrong', () => {
  it.each(POSSIBLE)('%s', (_, faults) => {
    for (const atMs of moments(STEP, 500)) {
      playing(function* ({ lightning, watch, at }) {
        const { client, enqueue, finish, apply } = lightning({ client: { requestTimeoutMs: 400 } });
        const ids = enqueue(...Array.from({ length: 8 }, (__, index) => index)).map(({ rolloutId }) => rolloutId);
        at(`${atMs}ms f`, { f: () => faults.forEach(apply) });
        at('45ms a 300ms b 900ms c', {
          a: () => finish(ids.slice(0, 3)),
          b: () => finish(ids.slice(3, 5), 'failed'),
          c: () => finish(ids.slice(5)),
        });
        const seen = watch(client.waitForRollouts(ids));
        yield* within(90_000, () => seen.ended !== undefined);
        expect({ atMs, ended: seen.ended, error: seen.error }).toEqual({ atMs, ended: 'complete', error: undefined });
        expect(seen.values.map(({ rolloutId }) => rolloutId).toSorted()).toEqual(ids.toSorted());
        expect(seen.values.filter(({ status }) => status === 'failed')).toHaveLength(2);
        watch(client.close());
      }, atMs);
    }
  });
});

describe('commands of a store: each has an outcome, and what was acknowledged is stored, whatever goes wrong', () => {
  it.each(POSSIBLE)('%s', (_, faults) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ lightning, watch, at }) {
        const { client, server, apply } = lightning({ client: { requestTimeoutMs: 400 } });
        at(`${atMs}ms f`, { f: () => faults.forEach(apply) });
        const calls: ReturnType<typeof watch<{ rolloutId: string }>>[] = [];
        for (let index = 0; index < 12; index++) {
          calls.push(watch(client.enqueueRollout({ input: index })));
          yield 15;
        }
        yield* within(60_000, () => calls.every(({ ended }) => ended !== undefined));
        const open = calls.flatMap(({ ended }, index) => (ended === undefined ? [index] : []));
        expect({ atMs, open }).toEqual({ atMs, open: [] });
        const stored = server.rollouts.map(({ rolloutId }) => rolloutId);
        for (const { values } of calls) for (const { rolloutId } of values) expect(stored).toContain(rolloutId);
        yield 600;
        apply(fault.heal());
        const last = watch(client.enqueueRollout({ input: 'last' }));
        yield* within(30_000, () => last.ended !== undefined);
        expect({ atMs, last: last.ended, error: last.error }).toEqual({ atMs, last: 'complete', error: undefined });
        watch(client.close());
      }, atMs);
    }
  });
});

describe('waitForRollouts, when a body is damaged on its way', () => {
  it.each(UNREADABLE)('%s: it fails with what is wrong, or gets over it', (name) => {
    for (const atMs of moments(STEP, 500)) {
      playing(function* ({ lightning, watch, at }) {
        const { client, enqueue, finish, apply } = lightning({ client: { requestTimeoutMs: 400 } });
        const ids = enqueue('a', 'b').map(({ rolloutId }) => rolloutId);
        at(`${atMs}ms f`, { f: () => MISFORTUNES[name].forEach(apply) });
        at('900ms a', { a: () => finish(ids) });
        const seen = watch(client.waitForRollouts(ids));
        yield* within(30_000, () => seen.ended !== undefined);
        expect(seen.ended).toBe(seen.error === undefined ? 'complete' : 'error');
        expect(REASONS).toContain((seen.error as { code?: string } | undefined)?.code);
        if (seen.ended === 'complete') expect(seen.values).toHaveLength(2);
        watch(client.close());
      }, atMs);
    }
  });
});
