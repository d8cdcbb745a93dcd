import { decodeClusterStatus, encodeClusterStatus } from '../../../src/codecs/lance/cluster-json.js';
import { ProtocolError } from '../../../src/codecs/lance/errors.js';
import * as replies from '../../../src/codecs/lance/replies.js';
import * as topics from '../../../src/codecs/lance/topic-json.js';
import { readFrame } from './reading.js';
import { hex } from './golden/vectors.js';

describe('the head of a fetch response', () => {
  const frame = (nextOffset: number, bytes: number) =>
    readFrame(replies.fetchResponse(nextOffset, new Uint8Array(bytes))).payload;

  it('is read from its first 16 bytes', () => {
    const head = frame(2 ** 53 - 1, 100).slice(0, 16);
    expect(replies.decodeFetchHead(head, 0, 116)).toEqual({ nextOffset: 2 ** 53 - 1, byteCount: 100 });
  });

  it('is refused if the payload is too short, of another length, or beyond 2^53', () => {
    expect(() => replies.decodeFetchHead(frame(5, 0), 0, 15)).toThrow('FetchResponse: 15 bytes, at least 16 needed');
    expect(() => replies.decodeFetchHead(frame(5, 10), 0, 25)).toThrow('announces 10 bytes and has 9');
    expect(() => replies.decodeFetchHead(frame(5, 10), 0, 27)).toThrow(ProtocolError);
    const far = frame(5, 0);
    far[7] = 1;
    expect(() => replies.decodeFetchHead(far, 0, 16)).toThrow('a position of 72057594037927941');
  });

  it('is the same whether the data is copied or written in place', () => {
    const data = Uint8Array.of(1, 2, 3);
    const inPlace = replies.newFetchResponse(9, 3);
    inPlace.set(data, replies.FETCH_DATA_AT);
    expect(hex(replies.sealFetchResponse(inPlace))).toBe(hex(replies.fetchResponse(9, data)));
  });
});

describe('short replies are refused', () => {
  it.each([
    ['CatchingUp', () => replies.decodeCatchingUp(new Uint8Array(9), 2, 9)],
    ['SubscribeAck', () => replies.decodeSubscribeAck(new Uint8Array(16), 1, 16)],
    ['CommitAck', () => replies.decodeCommitAck(new Uint8Array(16), 1, 16)],
    ['AuthenticateResponse', () => replies.decodeAuthenticateResponse(new Uint8Array(4), 4, 4)],
  ])('%s', (name, decode) => {
    expect(decode).toThrow(ProtocolError);
    expect(decode).toThrow(new RegExp(`^${name}: `));
  });
});

describe('topics in JSON', () => {
  const all = 2n ** 64n - 1n;

  it('keep every u64 exactly', () => {
    for (const value of [0n, 1n, 2n ** 53n - 1n, 2n ** 53n + 1n, 9_007_199_254_740_993n, 10n ** 15n, 10n ** 16n, all]) {
      const retention = { maxAgeSecs: value, maxBytes: all - value };
      const topic = { id: 7, name: 'logs', createdAt: value, topicEpoch: 1n, retention };
      expect(topics.decodeTopic(topics.encodeTopic(topic))).toEqual(topic);
      expect(topics.decodeRetentionSet(topics.encodeRetentionSet(7, retention))).toEqual({ topicId: 7, ...retention });
    }
  });

  it('a name may hold anything, digits and quotes included, without being taken for a number', () => {
    for (const name of [
      '"',
      '\\"',
      '12345678901234567890',
      '"max_bytes":12345678901234567890',
      'a\nb\u0001',
      'é\u2028',
    ]) {
      const topic = { id: 1, name, createdAt: 5n, topicEpoch: 1n };
      expect(topics.decodeTopic(topics.encodeTopic(topic))).toEqual(topic);
      expect(topics.decodeTopicList(topics.encodeTopicList([topic]))).toEqual([topic]);
    }
  });

  it('may come with other fields, in any order, without an epoch, in a bare list', () => {
    const text =
      '[{"new":[1.5,-2e3,12345678901234567.5],"name":"a","topic_epoch":3,"id":2,"created_at":4},{"id":3,"name":"b","created_at":1}]';
    expect(topics.decodeTopicList(text)).toEqual([
      { id: 2, name: 'a', createdAt: 4n, topicEpoch: 3n },
      { id: 3, name: 'b', createdAt: 1n, topicEpoch: 1n },
    ]);
  });

  it.each([
    '',
    'null',
    '[]',
    '{',
    '{"id":1}',
    '{"id":-1,"name":"a","created_at":1}',
    '{"id":4294967296,"name":"a","created_at":1}',
    '{"id":1.5,"name":"a","created_at":1}',
    '{"id":1,"name":7,"created_at":1}',
    '{"id":1,"name":"a","created_at":-1}',
    '{"id":1,"name":"a","created_at":"x"}',
    '{"id":1,"name":"a","created_at":18446744073709551616}',
    '{"id":1,"name":"a","created_at":1,"max_bytes":1}',
  ])('%s is refused', (text) => {
    expect(() => topics.decodeTopic(text)).toThrow(ProtocolError);
  });

  it.each(['{}', '{"topics":7}', '7', '{"topics":[7]}'])('as a list, %s is refused', (text) => {
    expect(() => topics.decodeTopicList(text)).toThrow(ProtocolError);
  });

  it('hostile text takes no longer than its length', () => {
    const hostile = `{"name":"${'\\"'.repeat(200_000)}`;
    const before = performance.now();
    expect(() => topics.decodeTopic(hostile)).toThrow(ProtocolError);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('cluster status', () => {
  it('may not know its leader', () => {
    const status = {
      nodeId: 1,
      isLeader: false,
      leaderId: null,
      currentTerm: 2n ** 60n + 1n,
      nodeCount: 3,
      healthyNodes: 1,
      quorumAvailable: false,
      peerStates: { '2': 'Failed' },
    };
    expect(decodeClusterStatus(encodeClusterStatus(status))).toEqual(status);
  });

  it('is refused without its fields', () => {
    expect(() => decodeClusterStatus('{}')).toThrow(ProtocolError);
    expect(() => decodeClusterStatus('{"peer_states":{"1":2}}')).toThrow(ProtocolError);
  });
});
