import { ErrorText } from '../../../src/codecs/lance/error-texts.js';
import { InvalidTopicNameError } from '../../../src/codecs/lance/errors.js';
import * as payloads from '../../../src/codecs/lance/request-payloads.js';
import * as requests from '../../../src/codecs/lance/requests.js';
import { checkTopicName } from '../../../src/codecs/lance/topic-name.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { readFrame } from './reading.js';
import { hex } from './golden/vectors.js';

/** The payload of a frame, in the middle of other bytes: readers must look at their range only. */
function embedded(frame: Uint8Array, cut = 0, surplus = 0): [Uint8Array, number, number] {
  const payload = readFrame(frame).payload;
  const bytes = new Uint8Array(7 + payload.length + 9).fill(0xdb);
  bytes.set(payload, 7);
  return [bytes, 7, 7 + payload.length - cut + surplus];
}

describe('topic names', () => {
  it.each(['a', '0', '-', 'my-events', 'A-Z-0-9', 'x'.repeat(255)])('%s is fine', (name) => {
    expect(checkTopicName(name)).toBe(name);
  });

  it.each(['', ' ', 'my_events', 'a.b', 'a/b', '..', 'é', 'a\n', 'x'.repeat(256), 'a\0b'])('%j is refused', (name) => {
    expect(() => checkTopicName(name)).toThrow(InvalidTopicNameError);
    expect(() => requests.createTopicRequest(name)).toThrow(InvalidTopicNameError);
    expect(() => requests.createTopicWithRetentionRequest(name, 1n, 1n)).toThrow(InvalidTopicNameError);
  });
});

describe('requests refuse before a byte is made', () => {
  it.each([-1, 2 ** 32, 1.5, Number.NaN])('topic id %s', (id) => {
    for (const make of [
      () => requests.getTopicRequest(id),
      () => requests.deleteTopicRequest(id),
      () => requests.fetchRequest(id, 0, 1),
      () => requests.commitOffsetRequest(id, 1n, 1n),
    ]) {
      expect(make).toThrow(InvalidOptionError);
    }
  });

  it.each([-1, 2 ** 53, 0.5, Number.POSITIVE_INFINITY])('start %s', (start) => {
    expect(() => requests.fetchRequest(1, start, 1)).toThrow(/^start: /);
  });

  it.each([-1, 2 ** 32, 0.5])('maxBytes %s', (maxBytes) => {
    expect(() => requests.fetchRequest(1, 0, maxBytes)).toThrow(/^maxBytes: /);
  });
});

describe('what does not fit into a u64 is refused, never wrapped', () => {
  it.each([-1n, 2n ** 64n])('%s', (value) => {
    const wrong: readonly (readonly [option: string, make: () => Uint8Array])[] = [
      ['start', () => requests.fetchRequest(1, value, 1)],
      ['maxAgeSecs', () => requests.setRetentionRequest(1, value, 0n)],
      ['maxBytes', () => requests.setRetentionRequest(1, 0n, value)],
      ['maxAgeSecs', () => requests.createTopicWithRetentionRequest('a', value, 0n)],
      ['maxBytes', () => requests.createTopicWithRetentionRequest('a', 0n, value)],
      ['startOffset', () => requests.subscribeRequest(1, value, 1, 0n)],
      ['consumerId', () => requests.subscribeRequest(1, 0n, 1, value)],
      ['consumerId', () => requests.unsubscribeRequest(1, value)],
      ['consumerId', () => requests.commitOffsetRequest(1, value, 0n)],
      ['offset', () => requests.commitOffsetRequest(1, 0n, value)],
    ];
    for (const [option, make] of wrong) expect(make).toThrow(`${option}: must be from 0 to 2^64 - 1`);
  });
});

describe('a fetch', () => {
  it.each([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7, 2 ** 53 - 1])('from %d goes both ways', (start) => {
    expect(payloads.readFetch(...embedded(requests.fetchRequest(3, start, 9)))).toEqual({
      topicId: 3,
      start,
      maxBytes: 9,
    });
    expect(hex(requests.fetchRequest(3, start, 9))).toBe(hex(requests.fetchRequest(3, BigInt(start), 9)));
  });

  it('from beyond 2^53 is past any end, and only 2^64 - 1 asks for the end', () => {
    const near = payloads.readFetch(...embedded(requests.fetchRequest(1, 2n ** 64n - 2n, 1)));
    expect(near).toEqual({ topicId: 1, start: 2 ** 64, maxBytes: 1 });
    const end = payloads.readFetch(...embedded(requests.fetchRequest(1, 'end', 1)));
    expect(end).toEqual({ topicId: 1, start: 'end', maxBytes: 1 });
    expect(requests.END_OFFSET).toBe(2n ** 64n - 1n);
  });
});

describe('short payloads give the text of the reference server', () => {
  it.each([
    ['fetch', requests.fetchRequest(1, 0, 1), payloads.readFetch, ErrorText.fetchPayloadTooSmall],
    ['subscribe', requests.subscribeRequest(1, 0n, 1, 1n), payloads.readSubscribe, ErrorText.invalidSubscribePayload],
    ['unsubscribe', requests.unsubscribeRequest(1, 1n), payloads.readUnsubscribe, ErrorText.invalidUnsubscribePayload],
    [
      'commit',
      requests.commitOffsetRequest(1, 1n, 1n),
      payloads.readCommitOffset,
      ErrorText.invalidCommitOffsetPayload,
    ],
    [
      'retention',
      requests.setRetentionRequest(1, 1n, 1n),
      payloads.readSetRetention,
      ErrorText.invalidSetRetentionPayload,
    ],
    [
      'create',
      requests.createTopicWithRetentionRequest('logs', 1n, 1n),
      payloads.readCreateTopicWithRetention,
      ErrorText.invalidPayloadLength,
    ],
  ])('%s', (_name, frame, read, text) => {
    expect(read(...embedded(frame, 1))).toBe(text);
    expect(typeof read(...embedded(frame))).toBe('object');
    expect(read(...embedded(frame, 0, 1))).toEqual(read(...embedded(frame)));
  });

  it('no payload at all', () => {
    expect(payloads.readFetch(new Uint8Array(8), 3, 3)).toBe(ErrorText.fetchPayloadRequired);
    expect(payloads.readCreateTopicWithRetention(new Uint8Array(17), 0, 17)).toBe(ErrorText.invalidCreateTopicPayload);
    expect(payloads.readTopicId(Uint8Array.of(9, 9, 9), 0, 3)).toBe(0);
    expect(payloads.readText(new Uint8Array(3), 3, 3)).toBe('');
  });

  it('a name that is longer than the payload is not read', () => {
    const bytes = new Uint8Array(18);
    bytes[0] = 0xff;
    bytes[1] = 0xff;
    expect(payloads.readCreateTopicWithRetention(bytes, 0, 18)).toBe(ErrorText.invalidPayloadLength);
  });

  it('a name that is not UTF-8 comes with U+FFFD', () => {
    expect(payloads.readText(Uint8Array.of(0x61, 0xff, 0x62), 0, 3)).toBe('a\ufffdb');
  });
});
