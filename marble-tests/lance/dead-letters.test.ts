import { EMPTY, ignoreElements, map, Observable, tap, throwError, timer } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { decodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import { clock } from '../../src/foundation/clock.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { NoDeadLettersError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { decodeDeadLetter, type DeadLetter } from '../../src/observables/lance/consuming/dead-letter.js';
import { DeadLetterError } from '../../src/observables/lance/connection/errors.js';
import { marbles, Watch, tlv } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';

describe('dead letters to a function', () => {
  function letters(answer: (letter: DeadLetter) => Observable<unknown>): {
    rig: LanceRig;
    store: SlowStore;
    written: DeadLetter[];
    deliveries: Watch<Delivery<RecordBatch>>;
    stream: DeliveryStream<RecordBatch>;
  } {
    const rig = lanceRig();
    rig.append('log', 'a', 'b');
    const store = new SlowStore();
    const written: DeadLetter[] = [];
    const stream = rig.client.consume('log', {
      name: 'n',
      offsetStore: store,
      commitCount: 1,
      deadLetters: (letter) => answer(letter).pipe(tap({ complete: () => written.push(letter) })),
    });
    return { rig, store, written, stream, deliveries: new Watch(stream) };
  }

  it('the delivery is settled when the letter is safe, not before', () => {
    marbles(function* ({ expectFate, expectRecording }) {
      const { deliveries, store, written, stream } = letters(() => timer(300).pipe(ignoreElements()));
      expectFate(stream).toBe('400ms d');
      expectRecording(store).toBe('400ms p', { p: 12 });
      yield 100;
      expect(deliveries.at(0).dead({ reason: 'rotten' })).toBe('settled');
      expect(deliveries.at(0).ack()).toBe('again');
      yield 500;
      expect(written).toEqual([
        {
          origin: 'lance:log',
          position: 0n,
          attempts: 1,
          code: 'DEAD',
          message: 'rotten',
          firstAtMs: 60,
          lastAtMs: 100,
          type: 'batch',
          value: expect.anything(),
        },
      ]);
      expect(decodeRecords(written[0]!.value).records.map(({ value }) => Buffer.from(value).toString())).toEqual([
        'a',
        'b',
      ]);
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1, acked: 0 });
      deliveries.unsubscribe();
    });
  });

  it('a letter that is safe at once settles its delivery on the next turn: nothing happens inside dead()', () => {
    marbles(function* () {
      const { deliveries, stream } = letters(() => EMPTY);
      yield 100;
      deliveries.at(0).dead();
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0 });
      yield 0;
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1 });
      deliveries.unsubscribe();
    });
  });

  it.each([
    ['emits an error', () => throwError(() => new Error('no room'))],
    [
      'throws',
      () => {
        throw new Error('no room');
      },
    ],
  ])('a letter whose writing %s fails the stream, and the delivery is not settled', (_, answer) => {
    marbles(function* () {
      const { deliveries, store, stream } = letters(answer);
      yield 100;
      let threw = false;
      try {
        deliveries.at(0).dead();
      } catch {
        threw = true;
      }
      expect(threw).toBe(false);
      expect(deliveries.error).toBeUndefined();
      yield 1;
      expect(deliveries.error).toBeInstanceOf(DeadLetterError);
      expect(deliveries.error).toMatchObject({ message: 'a dead letter could not be written: no room' });
      expect(store.saved).toEqual([]);
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
    });
  });

  it('one that is never written holds the watermark; leaving abandons it, and lets go of the letter', () => {
    marbles(function* ({ expectFate, expectRecording }) {
      let writing = 0;
      const { deliveries, store, stream } = letters(
        () =>
          new Observable(() => {
            writing++;
            return () => writing--;
          }),
      );
      expectFate(stream).toBe('1m 100ms x');
      expectRecording(store).toBe('');
      yield 100;
      deliveries.at(0).dead();
      yield 60_000;
      expect(writing).toBe(1);
      deliveries.unsubscribe();
      expect(writing).toBe(0);
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
    });
  });

  it('without a way for dead letters dead() says so, and decides nothing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const deliveries = watch(rig.client.consume('log'));
      yield 100;
      expect(() => deliveries.at(0).dead()).toThrow(NoDeadLettersError);
      expect(deliveries.at(0).ack()).toBe('settled');
      deliveries.unsubscribe();
    });
  });
});

describe('dead letters to a topic', () => {
  it('are JSON records there, the topic made if need be; one connection for all', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.append('log', tlv('a', 'b'));
      const stream = rig.client.consume('log', { until: 'end', maxFetchBytes: 6, deadLetters: { topic: 'log-dead' } });
      const deliveries = watch(stream);
      yield 200;
      const cause = new RangeError('out of range');
      deliveries.at(0).dead({ cause, attempts: 7 });
      deliveries.at(1).dead({ reason: 'no' });
      yield 500;
      expect(deliveries.ended).toBe('complete');
      const read = rig.client.consume('log-dead', { until: 'end' });
      const back = watch(
        read.pipe(
          autoAck(),
          records(),
          map((record) => [record.type, decodeDeadLetter(record.text())]),
        ),
      );
      yield 500;
      const common = { origin: 'lance:log', type: 'batch', firstAtMs: expect.any(Number) as number, lastAtMs: 200 };
      expect(back.values).toEqual([
        [2, { ...common, position: 0n, attempts: 7, code: 'RangeError', message: 'out of range', value: tlv('a') }],
        [2, { ...common, position: 6n, attempts: 1, code: 'DEAD', message: 'no', value: tlv('b') }],
      ]);
      // Both waited for the connection, and left together.
      expect(rig.wire.ingests).toHaveLength(1);
      watch(rig.client.close());
      yield 10;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('a topic that can not be made fails the stream, and the delivery is not settled', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.failNextCommands(1, 'disk full', Command.CreateTopic);
      const stream = rig.client.consume('log', { deadLetters: { topic: 'log-dead' } });
      const deliveries = watch(stream);
      yield 100;
      deliveries.at(0).dead();
      yield 200;
      expect(deliveries.error).toMatchObject({ code: 'LANCE_DEAD_LETTER', cause: { message: 'disk full' } });
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
    });
  });

  it('their connection is closed a second after the last one, and opened again for the next', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log-dead');
      rig.append('log', 'a', 'b', 'c');
      const stream = rig.client.consume('log', { maxFetchBytes: 6, deadLetters: { topic: 'log-dead' } });
      const deliveries = watch(stream);
      // Commands have a connection of their own, which closes a second after the list of topics was asked for.
      expectWire(rig.wire.only('C', 'I', 'a', 'X')).toBe(
        'C 99ms C 19ms C 59ms I 20ms a 398ms I 20ms a 538ms X 460ms X 3978ms C 19ms C 59ms I 20ms a 958ms X 40ms X 3898ms X',
      );
      yield 100;
      deliveries.at(0).dead();
      yield 500;
      deliveries.at(1).dead();
      yield 5_000;
      expect(rig.wire.open).toBe(1);
      deliveries.at(2).dead();
      yield 5_000;
      expect(stream.fate()).toMatchObject({ delivered: 3, dead: 3 });
      expect(rig.wire.open).toBe(1);
      deliveries.unsubscribe();
    });
  });

  it('one that is too large to be written keeps no connection open', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: { idleMs: 100 } } });
      rig.append('log', 'small', new Uint8Array(13 << 20));
      const stream = rig.client.consume('log', { deadLetters: { topic: 'dead' }, maxFetchBytes: 15 << 20 });
      const seen = watch(stream.pipe(records()));
      yield 200;
      for (const record of seen.values) record.dead();
      yield 200;
      expect(seen.error).toBeInstanceOf(DeadLetterError);
      expect(rig.wire.open).toBe(1);
      yield 1_500;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('survive a restart of the server', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log', { until: 'end', maxFetchBytes: 6, deadLetters: { topic: 'log-dead' } });
      expectWire(rig.wire.only('C', 'x', 'I', 'a')).toBe(
        'C 199ms C 19ms C 39ms I 20ms a 118ms I 14ms (xx) 96ms C 19ms x 199ms C 19ms x 399ms C 19ms C 59ms I 20ms a',
      );
      expectFate(stream).toBe('281ms d 974ms (d|)');
      const deliveries = watch(stream);
      yield 200;
      deliveries.at(0).dead();
      yield 200;
      deliveries.at(1).dead();
      yield 5;
      rig.stop();
      yield 500;
      rig.start();
      yield 2000;
      expect(deliveries.ended).toBe('complete');
      expect(rig.server.counters.frames.ingest).toBeGreaterThanOrEqual(2);
    });
  });

  it('the first letter waits for a server that is away', () => {
    marbles(function* ({ expectFate, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { deadLetters: { topic: 'log-dead' } });
      expectFate(stream).toBe('1041ms d 4658ms |');
      const deliveries = watch(stream);
      yield 200;
      rig.stop();
      deliveries.at(0).dead();
      yield 500;
      rig.start();
      yield 5000;
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1, abandoned: 0 });
      watch(rig.client.close());
      yield 100;
    });
  });

  it('a batch too large for one letter is cut between records', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const sizes = [3 << 20, 1 << 20, 2 << 20, 5 << 20, 10];
      const texts = sizes.map((size, i) => String(i).repeat(size));
      rig.append('log', ...texts);
      const stream = rig.client.consume('log', {
        until: 'end',
        maxFetchBytes: 15 << 20,
        deadLetters: { topic: 'log-dead' },
      });
      const deliveries = watch(stream);
      yield 500;
      deliveries.at(0).dead();
      yield 500;
      expect(deliveries.ended).toBe('complete');
      const read = rig.client.consume('log-dead', { until: 'end' });
      const back = watch(
        read.pipe(
          autoAck(),
          records(),
          map((record) => decodeDeadLetter(record.text())),
        ),
      );
      yield 500;
      expect(back.values.map(({ position, value }) => [Number(position), decodeRecords(value).records.length])).toEqual(
        [
          [0, 1],
          [sizes[0]! + 5, 2],
          [sizes[0]! + sizes[1]! + sizes[2]! + 15, 1],
          [sizes[0]! + sizes[1]! + sizes[2]! + sizes[3]! + 20, 1],
        ],
      );
      expect(Buffer.concat(back.values.map(({ value }) => value)).equals(tlv(...texts))).toBe(true);
    });
  });

  it('as many as the window holds may wait at once', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const text = 'x'.repeat((4 << 20) - 5);
      for (let i = 0; i < 7; i++) rig.append('log', text);
      const stream = rig.client.consume('log', {
        until: 'end',
        maxFetchBytes: 4 << 20,
        window: { deliveries: 7, bytes: 28 << 20 },
        deadLetters: { topic: 'log-dead' },
      });
      const deliveries = watch(stream);
      yield 500;
      expect(deliveries.values).toHaveLength(7);
      // In base64 more than a producer's buffer of 32 MiB.
      for (const delivery of deliveries.values) delivery.dead();
      yield 1000;
      expect(deliveries.error).toBeUndefined();
      expect(deliveries.ended).toBe('complete');
      expect(stream.fate()).toMatchObject({ dead: 7 });
    });
  });
});

it('the time of a letter is the time of the clock', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.server.append('log', tlv('a'));
    const deliveries = watch(rig.client.consume('log', { deadLetters: { topic: 'dead' } }));
    yield 500;
    deliveries.at(0).dead();
    const atMs = clock.now();
    yield 500;
    const { records: written } = decodeRecords(rig.server.read('dead'));
    expect(written.map(({ type }) => type)).toEqual([TlvRecord.json({}).type]);
    const letter = decodeDeadLetter(Buffer.from(written[0]!.value).toString());
    expect([letter.firstAtMs, letter.lastAtMs]).toEqual([60, atMs]);
    expect(textsIn(deliveries.at(0).value)).toEqual(['a']);
    deliveries.unsubscribe();
    watch(rig.client.close());
  });
});
