import { errorFromText } from '../../../src/codecs/lance/error-from-text.js';
import * as texts from '../../../src/codecs/lance/error-texts.js';
import { LanceError, NotLeaderError, ServerCatchingUpError } from '../../../src/codecs/lance/errors.js';
import { SluiceError } from '../../../src/foundation/errors.js';
import { named, str, vector } from './golden/vectors.js';

/** What each text of the reference server means: code and whether another try may succeed. */
const MEANINGS: readonly (readonly [text: string, code: string, retryable: boolean])[] = [
  ['Invalid client command', 'LANCE_PROTOCOL', false],
  ['Authentication handled at connection level', 'LANCE_PROTOCOL', false],
  ['Topic name required', 'LANCE_INVALID_TOPIC_NAME', false],
  [texts.topicExistsText('my-events'), 'LANCE_TOPIC_EXISTS', false],
  [texts.topicExistsText('a\nb'), 'LANCE_TOPIC_EXISTS', false],
  // If another client has created it while the server was about to.
  [`Configuration error: ${texts.topicExistsText('my-events')}`, 'LANCE_TOPIC_EXISTS', false],
  [texts.invalidTopicNameText('my_events'), 'LANCE_INVALID_TOPIC_NAME', false],
  ['Invalid data: Topic name must not be empty', 'LANCE_INVALID_TOPIC_NAME', false],
  ['I/O error: File name too long (os error 36)', 'LANCE_INVALID_TOPIC_NAME', false],
  ['Invalid create topic payload', 'LANCE_PROTOCOL', false],
  ['Invalid payload length', 'LANCE_PROTOCOL', false],
  ['Topic not found', 'LANCE_TOPIC_NOT_FOUND', false],
  [texts.configuredTopicNotFoundText(9), 'LANCE_TOPIC_NOT_FOUND', false],
  [texts.topicIdNotFoundText(9), 'LANCE_TOPIC_NOT_FOUND', false],
  ['Unknown topic', 'LANCE_TOPIC_NOT_FOUND', false],
  ['Fetch request payload required', 'LANCE_PROTOCOL', false],
  ['Protocol error: Fetch request payload too small', 'LANCE_PROTOCOL', false],
  ['Rate limit exceeded', 'LANCE_RATE_LIMITED', true],
  ['I/O error: No such file or directory (os error 2)', 'LANCE_SERVER', true],
  ['FORWARD_FAILED: Unknown topic (metadata convergence)', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Quorum not reached - required 2 ACKs, got 1', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Forward operation timed out', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Connection pool exhausted', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Leader address unknown', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Leader not ready (apply/metadata catch-up)', 'LANCE_FORWARD_FAILED', true],
  ['FORWARD_FAILED: Failed to connect to leader: Connection refused (os error 111)', 'LANCE_FORWARD_FAILED', true],
  ['Authentication required', 'LANCE_ACCESS_DENIED', false],
  ['Failed to replicate topic creation: Leader log persistence failed: x', 'LANCE_SERVER', true],
  [texts.notLeaderText('10.0.0.1:1992'), 'LANCE_NOT_LEADER', true],
  [texts.notLeaderText(), 'LANCE_NOT_LEADER', true],
  ['Invalid subscribe payload', 'LANCE_PROTOCOL', false],
  ['Invalid unsubscribe payload', 'LANCE_PROTOCOL', false],
  ['Invalid commit offset payload', 'LANCE_PROTOCOL', false],
  ['Invalid set retention payload', 'LANCE_PROTOCOL', false],
  ['something new', 'LANCE_SERVER', false],
  ['', 'LANCE_SERVER', false],
];

describe('errorFromText', () => {
  it.each(MEANINGS)('%j means %s', (text, code, retryable) => {
    const error = errorFromText(text, { topic: 'events' });
    expect([error.code, error.retryable, error.message]).toEqual([code, retryable, text]);
    expect(error).toBeInstanceOf(LanceError);
    expect(error.context).toMatchObject({ topic: 'events' });
  });

  it('knows every text that the codec can write', () => {
    const known = new Set(MEANINGS.map(([text]) => text));
    expect(Object.values(texts.ErrorText).filter((text) => !known.has(text))).toEqual([]);
  });

  it.each(named('err_'))('the text of %s has a meaning of its own', (name) => {
    expect(errorFromText(str(vector(name).input['message'])).code).not.toBe('LANCE_SERVER');
  });

  it.each([
    ['NOT_LEADER: redirect to 192.168.1.10:1992', '192.168.1.10:1992'],
    ['NOT_LEADER: redirect to [2001:db8::1]:1992', '[2001:db8::1]:1992'],
    ['NOT_LEADER: redirect to node-2.internal:1992', 'node-2.internal:1992'],
    ['NOT_LEADER: leader unknown', undefined],
    ['NOT_LEADER: redirect to', undefined],
    ['NOT_LEADER: redirect to 10.0.0.1', undefined],
    ['NOT_LEADER: redirect to 10.0.0.1:0', undefined],
    ['NOT_LEADER: redirect to 10.0.0.1:65536', undefined],
    ['NOT_LEADER: redirect to 2001:db8::1:1992', undefined],
    ['NOT_LEADER:', undefined],
  ])('%s: the leader is %s', (text, address) => {
    const error = errorFromText(text);
    expect(error).toBeInstanceOf(NotLeaderError);
    expect((error as NotLeaderError).leaderAddr).toBe(address);
  });
});

describe('errorFromText, given JSON with a numeric code', () => {
  it.each([
    [0x02, 'LANCE_INVALID_FRAME'],
    [0x05, 'LANCE_INVALID_FRAME'],
    [0x03, 'LANCE_PROTOCOL'],
    [0x10, 'LANCE_TOPIC_NOT_FOUND'],
    [0x11, 'LANCE_TOPIC_EXISTS'],
    [0x12, 'LANCE_INVALID_TOPIC_NAME'],
    [0x30, 'LANCE_BACKPRESSURE'],
    [0x41, 'LANCE_ACCESS_DENIED'],
    [0x62, 'LANCE_TIMEOUT'],
    [0x50, 'LANCE_SERVER'],
    [0x01, 'LANCE_SERVER'],
  ])('%i means %s', (code, expected) => {
    const error = errorFromText(JSON.stringify({ code, message: 'as it says' }), { topic: 'events' });
    expect(error.code).toBe(expected);
    expect(error.message).toBe('as it says');
    expect(error.context).toMatchObject({ topic: 'events', serverCode: code });
  });

  it('may have blanks around it, as JSON may', () => {
    expect(errorFromText(' \t\r\n{"code":32,"message":"x"} ')).toBeInstanceOf(NotLeaderError);
  });

  it('carries its details', () => {
    const behind = errorFromText('{"code":20,"message":"x","details":{"server_offset":75}}');
    expect(behind).toBeInstanceOf(ServerCatchingUpError);
    expect((behind as ServerCatchingUpError).serverOffset).toBe(75n);
    const elsewhere = errorFromText('{"code":32,"message":"x","details":{"leader_addr":"10.0.0.1:1992"}}');
    expect((elsewhere as NotLeaderError).leaderAddr).toBe('10.0.0.1:1992');
  });

  it.each(['{"code":"16","message":"x"}', '{"message":"x"}', '{broken', '{}', '[16]'])('%s is a mere text', (text) => {
    expect(errorFromText(text).code).toBe('LANCE_SERVER');
    expect(errorFromText(text).message).toBe(text);
  });

  it('does not trust details', () => {
    for (const details of ['null', '7', '{"server_offset":-1}', '{"server_offset":"x"}', '{"server_offset":1.5}']) {
      const error = errorFromText(`{"code":20,"message":"x","details":${details}}`);
      expect((error as ServerCatchingUpError).serverOffset).toBe(0n);
    }
  });
});

describe('errors of Lance', () => {
  it('are told apart by code, across installed copies', () => {
    const foreign = Object.assign(new Error('x'), {
      [Symbol.for('sluice.error')]: ['LANCE_NOT_LEADER', 'LANCE', 'SLUICE'],
    });
    expect(foreign).toBeInstanceOf(NotLeaderError);
    expect(foreign).toBeInstanceOf(LanceError);
    expect(foreign).not.toBeInstanceOf(ServerCatchingUpError);
    expect(new ServerCatchingUpError(5n)).toBeInstanceOf(SluiceError);
  });

  it('keep what they know in their context, too', () => {
    const error = new ServerCatchingUpError(5n, { context: { requested: 9n } });
    expect(error.context).toEqual({ requested: 9n, serverOffset: 5n });
    expect(error.isRetryable()).toBe(true);
  });
});
