import { encodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing/kit/marbles.js';
import type { LanceRig } from '../../src/testing/lance/lance-rig.js';

const poison = (): never => {
  throw new Error('poison');
};

/** A program whose streams are over ends by itself once its connections have been idle for a second. */
describe('a dead letter that nobody waits for any more', () => {
  it.each([
    ['its ack never comes', (rig: LanceRig) => rig.server.faults.swallowNextAcks(1_000)],
    ['its server is away', (rig: LanceRig) => rig.stop()],
  ])('%s: a second after its stream was left nothing is tried any more', (_, misfortune) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log-dead');
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { name: 'n', deadLetters: { topic: 'log-dead' } });
      const deliveries = watch(stream);
      yield 200;
      misfortune(rig);
      deliveries.at(0).dead();
      yield 500;
      deliveries.unsubscribe();
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
      yield 1_500;
      const { connections } = rig.client.metrics();
      expect(rig.wire.open).toBe(0);
      yield 60_000;
      expect(rig.client.metrics().connections).toEqual(connections);
    });
  });

  it('one that is too large to be written keeps no connection for those of the next session', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log-dead');
      rig.server.append('log', encodeRecords([TlvRecord.raw(new Uint8Array(13 << 20))]));
      rig.append('other', 'a');
      const letters = { deadLetters: { topic: 'log-dead' } };
      const tooLarge = watch(rig.client.consume('log', letters).pipe(records(), work(poison, { onError: 'dead' })));
      yield 2_000;
      expect(tooLarge.error).toMatchObject({ code: 'LANCE_DEAD_LETTER' });
      const stream = rig.client.consume('other', letters);
      const deliveries = watch(stream);
      yield 200;
      deliveries.at(0).dead();
      yield 500;
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1 });
      deliveries.unsubscribe();
      yield 1_500;
      expect(rig.wire.open).toBe(0);
    });
  });
});
