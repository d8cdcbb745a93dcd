import {
  ConnectionError,
  LanceTimeoutError,
  NotLeaderError,
  TopicNotFoundError,
} from '../../src/codecs/lance/errors.js';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { lanceAnswer, lancePeer, marbles, type Watch } from '../../src/testing.js';
import { connected, dataIn } from './producing.js';

const outcomeOf = ({ error }: Watch<unknown>): unknown =>
  error instanceof SluiceError ? error.context['outcome'] : error;

describe('every record that fails says what is known of it', () => {
  it('never sent, in flight, waiting: when the server does not come back', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ reconnect: { maxAttempts: 0 } });
      rig.server.faults.swallowNextAcks(1);
      const [inFlight, waiting] = ['a', 'b'].map((text) => watch(producer.send('log', text)));
      yield 20;
      rig.stop();
      yield 50;
      expect([inFlight!, waiting!].map(outcomeOf)).toEqual(['unknown', 'not sent']);
      expect(inFlight!.error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: true });
      const never = watch(producer.send('log', 'c'));
      yield 50;
      expect(outcomeOf(never)).toBe('not sent');
      expect(dataIn(rig)).toBe('!a');
    });
  });

  it('deliveryTimeoutMs', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 1000 });
      rig.server.faults.swallowNextAcks(1000);
      const sends = ['a', 'b'].map((text) => watch(producer.send('log', text)));
      yield 1500;
      for (const { error } of sends) expect(error).toBeInstanceOf(LanceTimeoutError);
      expect(sends.map(outcomeOf)).toEqual(['unknown', 'not sent']);
    });
  });

  it('close at its deadline', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      rig.server.faults.swallowNextAcks(1000);
      const sends = ['a', 'b'].map((text) => watch(producer.send('log', text)));
      const closed = watch(producer.close({ deadlineMs: 400 }));
      const late = watch(producer.send('log', 'c'));
      yield 1500;
      expect(closed.endedAtMs).toBe(485);
      for (const { error } of [...sends, late]) expect(error).toBeInstanceOf(ConnectionError);
      // Closing sends what waits.
      expect([...sends, late].map(outcomeOf)).toEqual(['unknown', 'unknown', 'not sent']);
    });
  });

  it('the buffer is full; the topic is not there; the server refuses', () => {
    marbles(function* ({ watch }) {
      const { producer } = yield* connected({ bufferBytes: 20 });
      const byId = watch(producer.send(99, 'x'));
      const tooMuch = watch(producer.send('log', 'x'.repeat(20)));
      yield 100;
      const byName = watch(producer.send('nowhere', 'x'));
      yield 100;
      expect(byId.error).toBeInstanceOf(TopicNotFoundError);
      expect([byId, tooMuch, byName].map(outcomeOf)).toEqual(['refused', 'not sent', 'not sent']);
    });
  });

  it('refused by the second server, but perhaps written by the first one', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      rig.server.faults.dropAfterNextAcks(1);
      rig.server.faults.swallowNextAcks(1);
      const send = watch(producer.send(1, 'x'));
      yield 30;
      rig.server.faults.failNextIngests(1, 'Unknown topic');
      yield 500;
      expect(send.error).toBeInstanceOf(TopicNotFoundError);
      expect(outcomeOf(send)).toBe('unknown');
      expect(dataIn(rig)).toBe('!x');
    });
  });

  it('passed over by the server', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(({ header: { batchIdLow: id }, end }) => void (id === 2 && end.write(ackFrame(2))));
      const producer = peer.producer();
      const sends = ['a', 'b'].map((text) => watch(producer.sendBatch(1, [text])));
      yield 100;
      expect(sends.map(({ ended }) => ended)).toEqual(['error', 'complete']);
      expect(outcomeOf(sends[0]!)).toBe('unknown');
      watch(producer.close());
    });
  });

  it('the error keeps its class, its own facts, and its place in the program; each batch has its own', () => {
    marbles(function* ({ watch }) {
      const redirect = lanceAnswer.error('NOT_LEADER: redirect to 10.0.0.9:1992');
      const peer = lancePeer(({ end }) => void end.write(redirect));
      const producer = peer.producer({ reconnect: { maxAttempts: 0 }, maxRedirects: 0 });
      const sends = ['a', 'b'].map((text) => watch(producer.sendBatch(1, [text])));
      yield 100;
      for (const { error } of sends) {
        expect(error).toBeInstanceOf(NotLeaderError);
        expect(error).toBeInstanceOf(Error);
        expect(error).toMatchObject({
          name: 'NotLeaderError',
          leaderAddr: '10.0.0.9:1992',
          context: { leaderAddr: '10.0.0.9:1992', outcome: 'unknown' },
          stack: expect.stringContaining('NOT_LEADER') as string,
        });
      }
      expect(sends[0]!.error).not.toBe(sends[1]!.error);
      watch(producer.close());
    });
  });
});

it('records whose time is over together are not sent any more, also when the batch before them fails first', () => {
  marbles(function* ({ expectWire, watch }) {
    const { rig, producer } = yield* connected({ deliveryTimeoutMs: 1000 });
    expectWire(rig.wire.only('I', 'a')).toBe('95ms I 1074ms I 24ms a');
    rig.server.faults.sendBackpressure();
    rig.server.faults.swallowNextAcks(1);
    yield 10;
    const sends = ['a', 'b', 'c'].map((text) => watch(producer.sendBatch('log', [text])));
    yield 1001;
    expect(sends.map(({ endedAtMs }) => endedAtMs)).toEqual([1095, 1095, 1095]);
    expect(sends.map(outcomeOf)).toEqual(['unknown', 'not sent', 'not sent']);
    yield 74;
    const good = watch(producer.send('log', 'd'));
    yield 100;
    expect(good.ended).toBe('complete');
    expect(dataIn(rig)).toBe('!ad');
  });
});

it('what the server has not answered counts as unacknowledged, also when its time is over', () => {
  marbles(function* ({ watch }) {
    let answers = false;
    const peer = lancePeer(({ end, header }) => {
      if (answers) end.write(ackFrame(header.batchIdLow));
    });
    const producer = peer.producer({ deliveryTimeoutMs: 100, bufferBytes: 1_300, maxPendingAcks: 2, lingerMs: 0 });
    const send = (): Watch<unknown> => watch(producer.sendBatch(1, ['x'.repeat(395)]));
    const early = [send(), send(), send()];
    yield 200;
    expect(early.map(outcomeOf)).toEqual(['unknown', 'unknown', 'not sent']);
    expect(producer.metrics()).toMatchObject({ bufferedRecords: 0, bufferedBytes: 800, inFlight: 2 });
    const waiting = watch(producer.sendBatch(1, ['y'.repeat(100)]));
    yield 200;
    expect(outcomeOf(waiting)).toBe('not sent');
    expect(peer.heard).toHaveLength(2);
    for (const id of [1, 2]) peer.ends[0]!.write(ackFrame(id));
    yield 50;
    expect(producer.bufferedBytes).toBe(0);
    answers = true;
    const good = send();
    yield 50;
    expect(good.ended).toBe('complete');
    watch(producer.close());
  });
});
