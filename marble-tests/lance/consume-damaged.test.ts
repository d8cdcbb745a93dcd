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
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log').pipe(autoAck(), records()));
      yield 500;
      rig.apply(fault.corrupt('received', { byte, bit: 6 }));
      yield 500;
      rig.append('log', 'b');
      yield 5_000;
      expect(seen.error).toBeUndefined();
      expect(seen.values.map((record) => record.text())).toEqual(['a', 'b']);
      expect(rig.wire.connectedAtMs).toHaveLength(2);
      seen.unsubscribe();
      yield 5_000;
    });
  });

  it('three times in a row it is given up', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log').pipe(autoAck()));
      yield 500;
      for (let n = 0; n < 3; n++) rig.apply(fault.corrupt('received', { byte, bit: 6 }));
      yield 10_000;
      expect(seen.error).toBeInstanceOf(ProtocolError);
      expect(rig.wire.connectedAtMs).toHaveLength(3);
    });
  });
});
