import { autoAck } from 'sluice';
import { floAnswer, floPeer, lanceAnswer, lancePeer, lightningPeer, marbles, tlv } from 'sluice/testing';
it('a',()=>marbles(({ lance, expectWire }) => {
   const { client, wire } = lance({ latencyMs: 10 });
   client.createTopic('log').subscribe();
   expectWire(wire).toBe('C 19ms (oN) 16ms t');
 }));
it('b',()=>marbles(({ flo, expectWire }) => {
   const { client, wire } = flo({ latencyMs: 10 });
   client.kv.put('key', 'value').subscribe();
   expectWire(wire).toBe('C 19ms (oS) 16ms s');
 }));
it('c',()=>marbles(({ lightning, expectWire }) => {
   const { client, wire } = lightning({ latencyMs: 10 });
   client.enqueueRollout({ input: 'why?' }).subscribe();
   expectWire(wire).toBe('E 19ms e');
 }));
it('d',()=>marbles(function* ({ expectWire, watch }) {
   const peer = lancePeer([
     ['ListTopics', lanceAnswer.topics('log')],
     [{ name: 'Fetch', start: 0 }, lanceAnswer.fetched(0, tlv('a'))],
     [{ name: 'Fetch', start: 6 }],
   ]);
   const seen = watch(peer.client.consume('log').pipe(autoAck()));
   expectWire(peer.wire).toBe({ received: '20ms o 19ms t 19ms f' });
   yield 100;
   seen.unsubscribe();
 }));
it('e',()=>marbles(({ expectWire }) => {
   const peer = floPeer([
     [{ name: 'Put', key: 'a' }, floAnswer.refused(12)],
     ['Ping', floAnswer.pong()],
   ]);
   peer.client.kv.put('a', '1').subscribe({ error: () => peer.client.ping().subscribe() });
   expectWire(peer.wire).toBe('C 19ms (oS) 16ms (fP) 16ms p');
 }));
it('f',()=>marbles(({ expectWire }) => {
   const { client, wire } = lightningPeer([
     ['statistics', 'refused'],
     ['health', { status: 200, body: { status: 'ok' } }],
     ['statistics', { status: 200, body: {} }],
   ]);
   client.statistics().subscribe({ error: () => {} });
   expectWire(wire).toBe('Y 19ms (xH) 16ms h 999ms Y 19ms y');
 }));
it('g', () => marbles(function* ({lance, expectWire, watch}) {
  const rig = lance({client: {}});
  rig.append('log', 'a', 'b');
  const seen = watch(rig.client.consume('log').pipe(autoAck()));
  expectWire(rig.wire).toBe('');
  rig.faults('100ms d');
  yield 500;
  seen.unsubscribe();
}));
