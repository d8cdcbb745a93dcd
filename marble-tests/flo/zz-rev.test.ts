import { virtually } from '../../tests/embedded/script.js';
import { Deliveries, Scene, Watch } from './scene.js';
import { clock } from '../../src/foundation/clock.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { Peer } from './peer.js';

describe('scratch', () => {
  it('T0 drain timing with a long poll out', () => {
    virtually(function* () {
      const scene = new Scene();
      const stream = scene.messages({ blockMs: 60_000 });
      new Deliveries(stream);
      yield 500;
      const t = clock.now();
      const report = new Watch(scene.client.close());
      yield 70_000;
      console.log('report after', report.atMs[0]! - t);
    });
  });
  it('T1 late give back', () => {
    virtually(function* () {
      const scene = new Scene({}, { timeoutMs: 500 });
      scene.server.faults.delayNextAnswers(1, 2_600, 'queue.dequeue');
      scene.enqueue('a');
      const seen = new Deliveries(scene.messages({ visibilityTimeoutMs: 1_000, reconnect: { initialMs: 200, maxMs: 200, jitter: 'none' } }));
      yield 2_600;
      console.log(scene.wire.polls, scene.queue);
      yield 10_000;
      console.log(scene.wire.polls, scene.wire.nacks, scene.queue);
      seen.unsubscribe();
    });
  });
  it('T2 storm', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const seen = new Deliveries(scene.messages({ blockMs: 60_000 }));
      yield 500;
      scene.server.faults.failNext(1_000_000, { status: 10, text: 'busy' }, 'queue.ack');
      seen.ackAll();
      seen.unsubscribe();
      yield 10_000;
      console.log('acks', scene.wire.acks.length);
    });
  });
  it('T3 renew after fatal', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const seen = new Deliveries(scene.messages({ visibilityTimeoutMs: 1_000 }));
      yield 100;
      scene.server.faults.failNext(1_000_000, { status: 7, text: 'no' }, 'queue.touch');
      yield 10_000;
      console.log('touches', scene.wire.touches, scene.wire.nacks, seen.ended);
    });
  });
  it('T5 slow large answer', () => {
    virtually(function* () {
      const peer = new Peer(({ head, end }, codec) => {
        if (head.opcode !== codec.kv.get.opcode || head.id.low > 1) return;
        const frame = codec.answerFrame(head.id, 0, new Uint8Array(4_008));
        for (let i = 0; i * 200 < frame.length; i++) clock.after(i * 100, () => end.write(frame.subarray(i * 200, i * 200 + 200)));
      });
      const client = new FloClient('x:1', { connector: peer.connector, timeoutMs: 500 });
      const got = new Watch(client.kv.get('a'));
      const waits = new Watch(client.kv.get('b', { waitMs: 10_000 }));
      yield 3_000;
      console.log(got.error, waits.error);
      waits.unsubscribe();
    });
  });
  it('T6', () => {
    virtually(function* () {
      const scene = new Scene();
      const stream = scene.messages();
      scene.enqueue('a','b','c','d');
      const seen = new Deliveries(stream);
      yield 500;
      scene.enqueue('a','b','c','d');
      scene.server.faults.failNext(1, { status: 9, text: 'not implemented' }, 'queue.dequeue');
      seen.ackAll();
      yield 2000;
      console.log(scene.wire.polls, seen.error, seen.values.length);
      seen.unsubscribe();
    });
  });
});
