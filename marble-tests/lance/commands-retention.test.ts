import { concat } from 'rxjs';
import { ProtocolError, TopicAlreadyExistsError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { lanceAnswer, lancePeer, marbles } from '../../src/testing.js';

const ALL = 2n ** 64n - 1n;
const DAY_MS = 86_400_000;

describe('retention', () => {
  it('createTopicWithRetention and setRetention: milliseconds here, seconds on the wire', () => {
    marbles(({ expectObservable, expectWire, lance }) => {
      const { client, wire } = lance();
      const both = concat(
        client.createTopicWithRetention('logs', { maxAgeMs: 7 * DAY_MS, maxBytes: 1024 ** 3 }),
        client.setRetention(1, { maxAgeMs: 1, maxBytes: 5n }),
      );
      expectObservable(both).toBe('40ms t 19ms (r|)', {
        t: {
          ...{ id: 1, name: 'logs', createdAt: 0n, topicEpoch: 1n },
          retention: { maxAgeMs: 7 * DAY_MS, maxBytes: 1_073_741_824n },
        },
        r: { maxAgeMs: 1_000, maxBytes: 5n },
      });
      expectWire(wire.only('W', 'R')).toBe('20ms W 19ms R', {
        W: { name: 'CreateTopicWithRetention', maxAgeSecs: 604_800, maxBytes: 1_073_741_824 },
        // A part of a second is rounded up: nothing goes before its time.
        R: { name: 'SetRetention', topicId: 1, maxAgeSecs: 1, maxBytes: 5 },
      });
    });
  });

  it('a limit that is left out is none, on the wire the largest number', () => {
    marbles(({ expectObservable, expectWire, lance }) => {
      const { client, server, wire } = lance();
      server.createTopic('log');
      const all = concat(
        client.createTopicWithRetention('logs'),
        client.setRetention('logs', { maxAgeMs: 60_000 }),
        client.setRetention(1, { maxBytes: 10 }),
      );
      expectObservable(all).toBe('40ms t 39ms a 19ms (b|)', {
        t: {
          ...{ id: 2, name: 'logs', createdAt: 0n, topicEpoch: 1n },
          retention: { maxAgeMs: undefined, maxBytes: undefined },
        },
        a: { maxAgeMs: 60_000, maxBytes: undefined },
        b: { maxAgeMs: undefined, maxBytes: 10n },
      });
      expectWire(wire.only('W', 'R')).toBe('20ms W 39ms R 19ms S', {
        W: { name: 'CreateTopicWithRetention', maxAgeSecs: ALL, maxBytes: ALL },
        R: { name: 'SetRetention', topicId: 2, maxAgeSecs: 60, maxBytes: ALL },
        S: { name: 'SetRetention', topicId: 1, maxAgeSecs: ALL, maxBytes: 10 },
      });
    });
  });

  it('0 is sent as it is, and so is the longest age that servers can hold', () => {
    marbles(({ expectObservable, lance }) => {
      const { client, server } = lance();
      server.createTopic('log');
      const both = concat(
        client.setRetention(1, { maxAgeMs: 0, maxBytes: 0 }),
        client.setRetention(1, { maxAgeMs: 18_446_744_073_000, maxBytes: ALL - 1n }),
      );
      expectObservable(both).toBe('40ms a 19ms (b|)', {
        a: { maxAgeMs: 0, maxBytes: 0n },
        b: { maxAgeMs: 18_446_744_073_000, maxBytes: ALL - 1n },
      });
    });
  });

  it('topics that are there already, or are not', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      server.createTopic('log');
      const there = watch(client.createTopicWithRetention('log'));
      const missing = [watch(client.setRetention(9, {})), watch(client.setRetention('no', {}))];
      yield 100;
      expect(there.error).toBeInstanceOf(TopicAlreadyExistsError);
      for (const { error } of missing) expect(error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('a reply that says nothing of the retention is no reply to this', () => {
    marbles(function* ({ watch }) {
      const { client } = lancePeer([['CreateTopicWithRetention', lanceAnswer.topic('logs')]]);
      const seen = watch(client.createTopicWithRetention('logs'));
      yield 100;
      expect(seen.error).toBeInstanceOf(ProtocolError);
    });
  });

  it('what would wrap around or is no number is refused before anything is sent', () => {
    const client = new LanceClient();
    const wrong: [string, object][] = [
      ['maxAgeMs', { maxAgeMs: 18_446_744_073_001 }],
      ['maxAgeMs', { maxAgeMs: -1 }],
      ['maxAgeMs', { maxAgeMs: Number.NaN }],
      ['maxAgeMs', { maxAgeMs: Infinity }],
      ['maxBytes', { maxBytes: -1 }],
      ['maxBytes', { maxBytes: 1.5 }],
      ['maxBytes', { maxBytes: 2 ** 53 }],
      ['maxBytes', { maxBytes: ALL + 1n }],
      ['maxAge', { maxAge: 1 }],
    ];
    for (const [option, limits] of wrong) {
      expect(() => client.setRetention(1, limits)).toThrow(InvalidOptionError);
      expect(() => client.setRetention(1, limits)).toThrow(`setRetention.${option}`);
      expect(() => client.createTopicWithRetention('logs', limits)).toThrow(`createTopicWithRetention.${option}`);
    }
    expect(() => client.setRetention(0, {})).toThrow(InvalidOptionError);
  });
});
