import { ProtocolError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { fault } from '../../src/testing/faults/fault.js';
import { marbles } from '../../src/testing/kit/marbles.js';

/** In a fetch response: the command in the head, and how many bytes it announces. */
describe.each([
  ['command', 12],
  ['byte count', 44 + 8],
])('a server that has told of the topic, and a response whose %s is damaged', (_, byte) => {
  it('is asked again over another connection', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'X')).toBe('C 514ms X 99ms C 5384ms X');
      const seen = watch(rig.client.consume('log').pipe(autoAck(), records()));
      yield 500;
      rig.apply(fault.corrupt('received', { byte, bit: 6 }));
      yield 500;
      rig.append('log', 'b');
      yield 5_000;
      expect(seen.error).toBeUndefined();
      expect(seen.values.map((record) => record.text())).toEqual(['a', 'b']);
      seen.unsubscribe();
      yield 5_000;
    });
  });

  it('three times in a row it is given up', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'X')).toBe('C 514ms X 99ms C 39ms X 199ms C 39ms X');
      const seen = watch(rig.client.consume('log').pipe(autoAck()));
      yield 500;
      for (let n = 0; n < 3; n++) rig.apply(fault.corrupt('received', { byte, bit: 6 }));
      yield 10_000;
      expect(seen.error).toBeInstanceOf(ProtocolError);
    });
  });
});

it('the first reply of all is no other: asked again, three times in all', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a');
    const command = 12;
    rig.apply(fault.corrupt('received', { byte: command, bit: 6 }));
    const seen = watch(rig.client.consume('log', { until: 'end' }).pipe(autoAck(), records()));
    yield 5_000;
    expect([seen.ended, seen.values.length, rig.wire.connectedAtMs.length]).toEqual(['complete', 1, 2]);
    for (let n = 0; n < 3; n++) rig.apply(fault.corrupt('received', { byte: command, bit: 6 }));
    const other = watch(rig.client.consume('log'));
    yield 5_000;
    expect(other.error).toBeInstanceOf(ProtocolError);
    expect(rig.wire.connectedAtMs).toHaveLength(5);
  });
});
