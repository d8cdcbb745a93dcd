import { ack } from '../../src/observables/delivery/operators/ack.js';
import { fault } from '../../src/testing/faults/fault.js';
import { marbles } from '../../src/testing/kit/marbles.js';
import { messages } from './queue-q.js';

/** A reader can't go on behind either of them. */
describe.each([
  ['magic', 0],
  ['version', 20],
])('a server that is known, and an answer whose %s is damaged', (_, byte) => {
  it('is asked again, also when that is the first answer of its connection', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const seen = watch(messages(rig).pipe(ack()));
      rig.enqueue('q', 'a');
      yield 1_000;
      rig.apply(fault.drop());
      rig.apply(fault.corrupt('received', { byte }));
      yield 1_000;
      rig.enqueue('q', 'b');
      yield 40_000;
      expect(seen.error).toBeUndefined();
      expect(seen.values).toEqual(['a', 'b']);
      expect(rig.wire.connectedAtMs).toHaveLength(3);
      seen.unsubscribe();
      yield 5_000;
    });
  });

  it('three times in a row it is given up', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const seen = watch(messages(rig));
      yield 1_500;
      for (let damaged = 0; damaged < 3; damaged++) {
        rig.apply(fault.corrupt('received', { byte }));
      }
      yield 10_000;
      expect(seen.error).toMatchObject({ code: expect.stringMatching(/^FLO_/) as string });
      expect(rig.wire.connectedAtMs).toHaveLength(3);
    });
  });
});

it('a server that has never said anything that makes sense is given up at once', () => {
  marbles(function* ({ flo, watch }) {
    const rig = flo();
    const seen = watch(messages(rig));
    rig.apply(fault.corrupt('received'));
    yield 10_000;
    expect(seen.error).toMatchObject({ code: 'FLO_PROTOCOL_MISMATCH' });
    expect(rig.wire.connectedAtMs).toHaveLength(1);
  });
});

/** What comes behind it is taken for a part of it, so that the server never seems silent. */
it('an answer whose length is damaged ends its connection once a later call has had no answer either', () => {
  marbles(function* ({ flo, watch }) {
    const rig = flo();
    const seen = watch(messages(rig, { blockMs: 1_000 }).pipe(ack()));
    rig.enqueue('q', 'a');
    yield 1_500;
    // The third byte of the length: the answer seems to have 64 KiB more than it has.
    rig.apply(fault.corrupt('received', { byte: 6 }));
    rig.enqueue('q', 'b');
    yield 5_000;
    rig.enqueue('q', 'c');
    yield 55_000;
    expect(seen.error).toBeUndefined();
    expect(seen.values.toSorted()).toEqual(['a', 'b', 'c']);
    expect(rig.wire.connectedAtMs).toHaveLength(2);
    seen.unsubscribe();
    yield 10_000;
  });
});
