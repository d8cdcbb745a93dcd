import { autoAck } from 'sluice';
import { fault, floPeer, lanceAnswer, lancePeer, lightningPeer, marbles, tlv } from 'sluice/testing';

describe('the wire of a Lance rig', () => {
  it('shows connecting, frames of both directions and the end, at the client’s end', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const { client, wire, append } = lance({ latencyMs: 10 });
      append('log', 'a', 'b');
      expectWire(wire).toBe('C 19ms (oL) 16ms (tF) 16ms (fF) 16ms f----F 14ms X');
      expectWire(wire).toBe({
        sent: '    C 19ms L 19ms F 19ms F 24ms F 14ms X',
        received: '20ms o 19ms t 19ms f 19ms f',
      });
      const seen = watch(client.consume('log').pipe(autoAck()));
      yield 100;
      seen.unsubscribe();
      expect(wire).toMatchObject({ open: 0, connections: 1, connectedAtMs: [0] });
    });
  });

  it('compares what frames say with what a test says of them', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const { client, wire, append } = lance();
      append('log', 'a');
      expectWire(wire).toBe('         C 19ms (oL) 16ms (tF) 16ms (fG) 16ms f----G 4ms X', {
        F: { name: 'Fetch', topicId: 1, start: 0 },
        f: 'FetchResponse',
        G: { start: 6 },
      });
      expectWire(wire).toBe({ received: '20ms o 19ms t 19ms f 19ms e' }, { f: { next: 6 }, e: { start: 6, bytes: 0 } });
      const seen = watch(client.consume('log').pipe(autoAck()));
      yield 90;
      seen.unsubscribe();
    });
  });

  it('fails where something else was sent', () => {
    const test = (): void =>
      marbles(({ lance, expectWire }) => {
        const { client, wire } = lance();
        client.createTopic('log').subscribe();
        expectWire(wire).toBe({ sent: 'C 19ms N' }, { N: { name: 'CreateTopic', topic: 'lag' } });
      });
    expect(test).toThrow(/N/);
    expect(test).toThrow('CreateTopic: topic "log"');
  });

  it('shows connections that are refused, lost and made anew', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log').pipe(autoAck()));
      expectWire(rig.wire.connection(1)).toBe('C 19ms (oL) 16ms (tF) 16ms (fF) 16ms f----F 24ms x');
      expectWire(rig.wire.connection(2)).toBe('210ms C 19ms x', { x: { name: 'closed', errno: 'ECONNREFUSED' } });
      expectWire(rig.wire.connection(3)).toBe('430ms C 19ms (oL) 16ms (tF) 11ms X');
      yield 100;
      rig.stop();
      yield 200;
      rig.start();
      yield 185;
      seen.unsubscribe();
      expect(rig.wire.connectedAtMs).toEqual([0, 210, 430]);
    });
  });

  it('has all frames with headers and payloads, and forgets them on demand', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const producer = rig.producer();
      watch(producer.send('log', 'one'));
      yield 100;
      const [ingest] = rig.wire.ingests;
      expect(ingest).toMatchObject({ name: 'Ingest', atMs: 60, connection: 1, direction: 'sent', texts: ['one'] });
      expect(ingest?.payload).toEqual(tlv('one'));
      expect(rig.wire.frames.map(({ name }) => name)).toEqual(['ListTopics', 'TopicResponse', 'Ingest', 'Ack']);
      rig.wire.clear();
      expect([rig.wire.events, rig.wire.frames]).toEqual([[], []]);
      watch(producer.send('log', 'two'));
      yield 100;
      expect(rig.wire.frames).toMatchObject([{ name: 'Ingest', atMs: 100, connection: 1 }, { name: 'Ack' }]);
      watch(producer.close());
      yield 100;
    });
  });

  it('is one for all clients', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const rig = lance();
      expectWire(rig.wire).toBe('C---C 15ms (oN) (oL) 12ms t---t 955ms X---X');
      watch(rig.client.createTopic('log'));
      yield 4;
      watch(rig.newClient().listTopics());
      yield 2_000;
    });
  });

  it('shows frames whole, however they come', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const rig = lance();
      rig.apply({ kind: 'split', bytes: 1 });
      rig.append('log', 'a'.repeat(1_000));
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (tF) 16ms fX');
      const seen = watch(rig.client.consume('log', { window: { deliveries: 1 } }));
      yield 61;
      seen.unsubscribe();
    });
  });

  it('shows what is no frame', () => {
    marbles(({ expectWire }) => {
      const peer = lancePeer(() => Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), {
        client: { reconnect: { maxAttempts: 0 } },
      });
      peer.client.createTopic('log').subscribe({ error: () => {} });
      expectWire(peer.wire).toBe('C 19ms (oN) 16ms (?X)', { '?': { name: 'garbage', bytes: 47 } });
    });
  });

  it('shows a frame with a wrong checksum as garbage, and those behind it', () => {
    marbles(function* ({ expectWire, watch }) {
      const bad = lanceAnswer.error('no');
      bad[bad.length - 1]! ^= 1;
      const peer = lancePeer(() => undefined, { client: { reconnect: { maxAttempts: 0 } } });
      peer.send('40ms ?e', { '?': bad, e: lanceAnswer.error('yes') });
      expectWire(peer.wire.received).toBe('20ms o 29ms ?');
      const seen = watch(peer.client.listTopics());
      yield 100;
      expect(seen.error).toMatchObject({ code: 'LANCE_INVALID_FRAME' });
    });
  });
});

describe('faults of a Lance rig', () => {
  it('happen behind the tap, at their moments', () => {
    marbles(function* ({ lance, expectWire, expectRecording, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectRecording(rig.faults('50ms d')).toBe('50ms d');
      expectWire(rig.wire).toBe({ received: '20ms o 19ms t 9ms x 119ms o 19ms t' });
      const seen = watch(rig.client.consume('log'));
      yield 195;
      seen.unsubscribe();
    });
  });
});

describe('a Lance peer', () => {
  it('answers a list of frames, and nothing behind it', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer([
        ['ListTopics', lanceAnswer.topics('log')],
        [{ name: 'Fetch', start: 0 }, lanceAnswer.fetched(0, tlv('a'))],
        [{ name: 'Fetch', start: 6 }],
      ]);
      const seen = watch(peer.client.consume('log').pipe(autoAck()));
      expectWire(peer.wire).toBe({ received: '20ms o 19ms t 19ms f' });
      yield 100;
      expect(seen.values.length).toBe(1);
      seen.unsubscribe();
      expect(peer.heard).toMatchObject([
        { name: 'ListTopics', atMs: 30, connection: 1 },
        { name: 'Fetch', fields: { start: 0 } },
        { name: 'Fetch', fields: { start: 6 } },
      ]);
    });
  });

  it('fails the test when something else comes', () => {
    const test = (): void =>
      marbles(({ watch }) => {
        const peer = lancePeer([['ListTopics', lanceAnswer.topics('log')], [{ name: 'Fetch', start: 12 }]]);
        watch(peer.client.consume('log'));
      });
    expect(test).toThrow(
      "lancePeer: step 2 expects { name: 'Fetch', start: 12 }, at 50 ms came Fetch: topicId 1, start 0, maxBytes 1048576",
    );
  });

  it('fails the test when something never came', () => {
    const test = (): void =>
      marbles(() => {
        const peer = lancePeer([['CreateTopic', lanceAnswer.topic('log')], ['GetTopic'], ['Fetch']]);
        peer.client.createTopic('log').subscribe();
      });
    expect(test).toThrow('lancePeer: 2 of 3 steps never came, the first of them expects GetTopic');
  });

  it('answers by a function, and says things unasked', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer(({ name }) => {
        if (name === 'ListTopics') return lanceAnswer.topics('log');
        return name === 'Ingest' ? [lanceAnswer.backpressure(), lanceAnswer.ack()] : undefined;
      });
      peer.send('90ms b 19ms |', { b: lanceAnswer.backpressure() }, { connection: 1 });
      expectWire(peer.wire.connection(1)).toBe('C 19ms o 39ms I 19ms (ba) 16ms b 19ms x');
      const producer = peer.producer();
      const sent = watch(producer.send('log', 'one'));
      yield 150;
      expect(sent.ended).toBe('complete');
      watch(producer.close());
      yield 1_000;
    });
  });
});

describe('options that are none', () => {
  it.each(['lance', 'flo', 'lightning'] as const)('are refused by the rig of %s', (system) => {
    marbles((kit) => {
      expect(() => kit[system]({ latencyMS: 5 } as never)).toThrow(
        `${system}.latencyMS: is not an option (did you mean latencyMs?)`,
      );
      expect(() => kit[system]({ latencyMs: -1 })).toThrow('latencyMs');
    });
  });

  it('and by peers', () => {
    marbles(() => {
      expect(() => lancePeer([], { latency: 5 } as never)).toThrow('lancePeer.latency: is not an option');
      expect(() => floPeer([], { clients: {} } as never)).toThrow('floPeer.clients: is not an option');
      expect(() => lightningPeer([], { latency: 5 } as never)).toThrow('lightningPeer.latency: is not an option');
    });
  });
});

describe('a connection that ends too early', () => {
  it('is closed while it opens', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const { client, wire } = lance();
      expectWire(wire).toBe('C----X');
      const seen = watch(client.consume('log'));
      yield 5;
      seen.unsubscribe();
      yield 100;
      expect(wire.open).toBe(0);
    });
  });

  it('breaks while it opens', () => {
    marbles(function* ({ lance, expectWire, watch }) {
      const { client, wire, apply } = lance({ client: { reconnect: { maxAttempts: 0 } } });
      expectWire(wire).toBe('C---- 5ms x', { x: { name: 'closed', errno: 'ECONNRESET', heldBytes: 0 } });
      const seen = watch(client.consume('log'));
      yield 10;
      apply(fault.drop());
      yield 100;
      expect([seen.ended, wire.open]).toEqual(['error', 0]);
    });
  });

  it('breaks inside of a frame', () => {
    marbles(function* ({ expectWire, watch }) {
      const topics = lanceAnswer.topics('log');
      const peer = lancePeer(() => topics.subarray(0, 50), { client: { reconnect: { maxAttempts: 0 } } });
      peer.send('60ms #');
      expectWire(peer.wire).toBe('C 19ms (oL) 46ms x', { x: { name: 'closed', errno: 'ECONNRESET', heldBytes: 50 } });
      const seen = watch(peer.client.listTopics());
      yield 100;
      expect(seen.ended).toBe('error');
    });
  });
});
