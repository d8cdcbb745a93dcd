import { ackFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { lancePeer, marbles } from '../../src/testing.js';
import { connected } from './producing.js';

describe('keepaliveIntervalMs', () => {
  it('asks when nothing was heard for so long, and only then', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ keepaliveIntervalMs: 100 });
      expectWire(rig.wire.only('I', 'a', 'K', 'k')).toBe('185ms K 19ms k 99ms K 19ms k 12ms I 24ms a 99ms K 19ms k');
      yield 253;
      watch(producer.send('log', 'a'));
      yield 160;
      watch(producer.close());
    });
  });

  it('is off by default: no frame, no timer', () => {
    marbles(function* ({ expectWire }) {
      const { rig } = yield* connected();
      expectWire(rig.wire).toBe('1020ms X');
      yield 1_000_000;
    });
  });

  it('no answer within requestTimeoutMs: the connection is given up, and opened again by the next record', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer(({ name, end, header }) => {
        if (name === 'Ingest') end.write(ackFrame(header.batchIdLow));
      });
      const producer = peer.producer({ keepaliveIntervalMs: 100, requestTimeoutMs: 50 });
      expectWire(peer.wire.only('C', 'I', 'a', 'K', 'X')).toBe(
        'C 19ms I 19ms a 99ms K 49ms X 109ms C 19ms I 19ms a---X',
      );
      const states = watch(producer.status$);
      watch(producer.send(1, 'a'));
      yield 300;
      expect(states.values.at(-1)).toMatchObject({
        state: 'disconnected',
        detail: 'no answer to a keepalive within 50 ms',
      });
      watch(producer.send(1, 'b'));
      yield 44;
      watch(producer.close());
    });
  });

  it('an acknowledgement is answer enough; none is asked for while one is due', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ keepaliveIntervalMs: 10, lingerMs: 0, maxPendingAcks: 2 });
      expectWire(rig.wire.only('I', 'a', 'K', 'k')).toBe('85ms I---------I 14ms a---------a---------K');
      watch(producer.send('log', 'a'));
      yield 10;
      watch(producer.send('log', 'b'));
      yield 41;
      watch(producer.close());
    });
  });

  it('an echo that nobody asked for, or a keepalive of the server, is not answered', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer(({ header, end }) => void end.write(ackFrame(header.batchIdLow)));
      const producer = peer.producer();
      expectWire(peer.wire).toBe('C 19ms (oI) 16ms a 29ms k 49ms X');
      watch(producer.send(1, 'a'));
      yield 60;
      peer.ends[0]!.write(keepaliveFrame());
      yield 60;
      watch(producer.close());
    });
  });
});
