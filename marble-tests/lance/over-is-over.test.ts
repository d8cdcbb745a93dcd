import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles, type LanceRig, type Script } from '../../src/testing.js';
import type { LanceStream } from '../../src/observables/lance/consuming/lance-stream.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { SlowStore } from './slow-store.js';

const LONG = 'a'.repeat(20);

/** A stream that is left when `trouble` is over, while its store takes its time with the last position. */
function left(
  trouble: (rig: LanceRig, stream: LanceStream) => Script,
  then: (rig: LanceRig, stream: LanceStream, store: SlowStore) => void,
): void {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', LONG, LONG);
    const offsetStore = new SlowStore(500);
    const options = { name: 'reader', offsetStore, onTruncated: 'end', commitToServer: true } as const;
    const stream = rig.client.consume('log', options);
    const seen = watch(stream.pipe(autoAck()));
    yield 300;
    const lag = watch(stream.lag$);
    yield* trouble(rig, stream);
    seen.unsubscribe();
    yield 400;
    const asked = rig.wire.commands(Command.Fetch).length;
    yield 5_000;
    expect(rig.wire.commands(Command.Fetch)).toHaveLength(asked);
    then(rig, stream, offsetStore);
    lag.unsubscribe();
  });
}

describe('a stream that is left while its last position is being stored', () => {
  it('does not go on elsewhere when the answer comes where the topic ends', () => {
    left(
      function* (rig, stream) {
        rig.server.faults.trimTopic('log', 4);
        rig.append('log', LONG, LONG);
        rig.server.faults.dropConnections();
        while (stream.metrics().fetches < 100 && stream.metrics().reconnects === 0) yield 1;
        const { fetches } = stream.metrics();
        while (stream.metrics().fetches === fetches) yield 1;
      },
      (_rig, stream, { saved }) => {
        expect(saved).toEqual([50]);
        expect(stream.metrics()).toMatchObject({ position: 50n, truncations: 0 });
      },
    );
  });

  it('does not begin again over a connection that was on its way', () => {
    left(
      function* (rig) {
        rig.server.faults.dropConnections();
        yield 115;
      },
      (_rig, stream, { saved }) => {
        expect(saved).toEqual([50]);
        expect(stream.metrics()).toMatchObject({ position: 50n, reconnects: 0 });
      },
    );
  });
});
