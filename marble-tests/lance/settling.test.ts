import { concatMap, delay, ignoreElements, map, NEVER, Observable, of, tap, throwError, timer } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { decodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import { NoDeadLettersError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { decodeDeadLetter, type DeadLetter } from '../../src/observables/lance/dead-letter.js';
import { DeadLetterError } from '../../src/observables/lance/errors.js';
import { clock } from '../../src/foundation/clock.js';
import { virtually } from '../../tests/embedded/script.js';
import { Deliveries, Scene, textsIn, tlv, Watch } from './scene.js';
import { SlowStore } from './slow-store.js';

describe('nack', () => {
  it('comes again after its delay, with its place in the window and the watermark held', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b', 'c', 'd');
      const store = new SlowStore();
      const stream = scene.client.consume('log', {
        name: 'n',
        offsetStore: store,
        commitCount: 1,
        maxFetchBytes: 6,
        window: { deliveries: 2 },
      });
      const deliveries = new Deliveries(stream);
      const seen = (): string[] => deliveries.values.map(({ value, attempt }) => `${value.text(0)}${attempt}`);
      yield 200;
      expect(deliveries.at(0).nack({ delayMs: 1000 })).toBe('settled');
      deliveries.at(1).ack();
      yield 200;
      // Its credit is held: of two, one is left for c and then d.
      expect(seen()).toEqual(['a1', 'b1', 'c1']);
      deliveries.at(2).ack();
      yield 200;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1']);
      expect(store.saved).toEqual([]);
      yield 599;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1']);
      yield 2;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1', 'a2']);
      expect(deliveries.at(0).ack()).toBe('again');
      deliveries.at(4).ack();
      yield 1;
      expect(store.saved).toEqual([18]);
      deliveries.unsubscribe();
      expect(stream.fate()).toMatchObject({ delivered: 5, acked: 3, nacked: 1, dead: 0, abandoned: 1, late: 1 });
    });
  });

  it('is not fetched again: the batch is kept', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const deliveries = new Deliveries(scene.client.consume('log', { to: 'end' }));
      yield 100;
      for (let i = 0; i < 5; i++) {
        deliveries.at(i).nack();
        yield 1;
      }
      expect(deliveries.values.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(deliveries.values.map(({ value }) => value)).size).toBe(1);
      deliveries.at(5).ack();
      yield 1;
      expect(deliveries.ended).toBe('complete');
      expect(scene.server.counters.bytesFetched).toBe(6);
    });
  });

  it('a reconnect changes nothing for what waits to come again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const deliveries = new Deliveries(scene.client.consume('log'));
      yield 100;
      deliveries.at(0).nack({ delayMs: 500 });
      scene.stop();
      yield 1000;
      expect(deliveries.values.map(({ attempt }) => attempt)).toEqual([1, 2]);
      deliveries.unsubscribe();
    });
  });
});

describe('dead letters to a function', () => {
  function letters(answer: (letter: DeadLetter) => Observable<unknown>): {
    scene: Scene;
    store: SlowStore;
    written: DeadLetter[];
    deliveries: Deliveries<never>;
    stream: { fate(): object };
  } {
    const scene = new Scene();
    scene.append('log', 'a', 'b');
    const store = new SlowStore();
    const written: DeadLetter[] = [];
    const stream = scene.client.consume('log', {
      name: 'n',
      offsetStore: store,
      commitCount: 1,
      deadLetters: (letter) => answer(letter).pipe(tap({ complete: () => written.push(letter) })),
    });
    return { scene, store, written, stream, deliveries: new Deliveries(stream) as Deliveries<never> };
  }

  it('the delivery is settled when the letter is safe, not before', () => {
    virtually(function* () {
      const { deliveries, store, written, stream } = letters(() => timer(300).pipe(ignoreElements()));
      yield 100;
      expect(deliveries.at(0).dead({ reason: 'rotten' })).toBe('settled');
      expect(deliveries.at(0).ack()).toBe('again');
      yield 299;
      expect([written.length, store.saved]).toEqual([0, []]);
      yield 3;
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
      expect(decodeRecords(written[0]!.value).records.map(({ value }) => Buffer.from(value).toString())).toEqual(['a', 'b']);
      expect(store.saved).toEqual([12]);
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1, acked: 0 });
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
    virtually(function* () {
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

  it('one that is never written holds the watermark; leaving abandons it', () => {
    virtually(function* () {
      const { deliveries, store, stream } = letters(() => NEVER);
      yield 100;
      deliveries.at(0).dead();
      yield 60_000;
      deliveries.unsubscribe();
      expect(store.saved).toEqual([]);
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
    });
  });

  it('without a way for dead letters dead() says so, and decides nothing', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const deliveries = new Deliveries(scene.client.consume('log'));
      yield 100;
      expect(() => deliveries.at(0).dead()).toThrow(NoDeadLettersError);
      expect(deliveries.at(0).ack()).toBe('settled');
      deliveries.unsubscribe();
    });
  });
});

describe('dead letters to a topic', () => {
  it('are JSON records there, the topic made if need be; one connection for all', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.append('log', tlv('a', 'b'));
      const stream = scene.client.consume('log', { to: 'end', maxFetchBytes: 6, deadLetters: { topic: 'log-dead' } });
      const deliveries = new Deliveries(stream);
      yield 200;
      const cause = new RangeError('out of range');
      deliveries.at(0).dead({ cause, attempts: 7 });
      deliveries.at(1).dead({ reason: 'no' });
      yield 500;
      expect(deliveries.ended).toBe('complete');
      const read = scene.client.consume('log-dead', { to: 'end' });
      const back = new Watch(read.pipe(autoAck(), records(), map((record) => [record.type, decodeDeadLetter(record.text())])));
      yield 500;
      const common = { origin: 'lance:log', type: 'batch', firstAtMs: expect.any(Number) as number, lastAtMs: 200 };
      expect(back.values).toEqual([
        [2, { ...common, position: 0n, attempts: 7, code: 'RangeError', message: 'out of range', value: tlv('a') }],
        [2, { ...common, position: 6n, attempts: 1, code: 'DEAD', message: 'no', value: tlv('b') }],
      ]);
      // Both waited for the connection, and left together.
      expect(scene.wire.ingests).toHaveLength(1);
      new Watch(scene.client.close());
      yield 10;
      expect(scene.wire.open).toBe(0);
    });
  });

  it('a topic that can not be made fails the stream, and the delivery is not settled', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(1, 'disk full', Command.CreateTopic);
      const stream = scene.client.consume('log', { deadLetters: { topic: 'log-dead' } });
      const deliveries = new Deliveries(stream);
      yield 100;
      deliveries.at(0).dead();
      yield 200;
      expect(deliveries.error).toMatchObject({ code: 'LANCE_DEAD_LETTER', cause: { message: 'disk full' } });
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 0, abandoned: 1 });
    });
  });

  it('survive a restart of the server', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b');
      const stream = scene.client.consume('log', { to: 'end', maxFetchBytes: 6, deadLetters: { topic: 'log-dead' } });
      const deliveries = new Deliveries(stream);
      yield 200;
      deliveries.at(0).dead();
      yield 200;
      deliveries.at(1).dead();
      yield 5;
      scene.stop();
      yield 500;
      scene.start();
      yield 2000;
      expect(deliveries.ended).toBe('complete');
      expect(scene.server.counters.frames.ingest).toBeGreaterThanOrEqual(2);
    });
  });

  it('a batch too large for one letter is cut between records', () => {
    virtually(function* () {
      const scene = new Scene();
      const sizes = [3 << 20, 1 << 20, 2 << 20, 5 << 20, 10];
      const texts = sizes.map((size, i) => String(i).repeat(size));
      scene.append('log', ...texts);
      const stream = scene.client.consume('log', { to: 'end', maxFetchBytes: 15 << 20, deadLetters: { topic: 'log-dead' } });
      const deliveries = new Deliveries(stream);
      yield 500;
      deliveries.at(0).dead();
      yield 500;
      expect(deliveries.ended).toBe('complete');
      const read = scene.client.consume('log-dead', { to: 'end' });
      const back = new Watch(read.pipe(autoAck(), records(), map((record) => decodeDeadLetter(record.text()))));
      yield 500;
      expect(back.values.map(({ position, value }) => [Number(position), decodeRecords(value).records.length])).toEqual([
        [0, 1],
        [sizes[0]! + 5, 2],
        [sizes[0]! + sizes[1]! + sizes[2]! + 15, 1],
        [sizes[0]! + sizes[1]! + sizes[2]! + sizes[3]! + 20, 1],
      ]);
      expect(Buffer.concat(back.values.map(({ value }) => value)).equals(tlv(...texts))).toBe(true);
    });
  });

  it('as many as the window holds may wait at once', () => {
    virtually(function* () {
      const scene = new Scene();
      const text = 'x'.repeat((4 << 20) - 5);
      for (let i = 0; i < 7; i++) scene.append('log', text);
      const stream = scene.client.consume('log', {
        to: 'end',
        maxFetchBytes: 4 << 20,
        window: { deliveries: 7, bytes: 28 << 20 },
        deadLetters: { topic: 'log-dead' },
      });
      const deliveries = new Deliveries(stream);
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

describe('records(): settled one by one', () => {
  it('nack, dead and ack: a nacked one comes again alone, a dead one goes alone, the batch is acked when all are settled', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b', 'c', 'd');
      const store = new SlowStore();
      const stream = scene.client.consume('log', {
        name: 'n',
        offsetStore: store,
        commitCount: 1,
        to: 'end',
        deadLetters: { topic: 'log-dead' },
      });
      const deliveries = new Deliveries(stream.pipe(records()));
      yield 100;
      expect(deliveries.values.map(({ value, source }) => [value.text(), source.position])).toEqual([
        ['a', 0n],
        ['b', 6n],
        ['c', 12n],
        ['d', 18n],
      ]);
      deliveries.at(0).ack();
      deliveries.at(1).nack({ delayMs: 100 });
      deliveries.at(2).dead({ reason: 'bad' });
      deliveries.at(3).ack();
      yield 99;
      expect(deliveries.values).toHaveLength(4);
      yield 1;
      expect(deliveries.values.slice(4).map(({ value, attempt }) => [value.text(), attempt])).toEqual([['b', 2]]);
      yield 500;
      expect(store.saved).toEqual([]);
      expect(deliveries.at(1).ack()).toBe('again');
      expect(deliveries.at(4).ack()).toBe('settled');
      yield 10;
      expect(store.saved).toEqual([24]);
      expect(deliveries.ended).toBe('complete');
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0 });
      const back = new Watch(
        scene.client.consume('log-dead', { to: 'end' }).pipe(autoAck(), records(), map((record) => decodeDeadLetter(record.text()))),
      );
      yield 500;
      expect(back.values).toMatchObject([{ position: 12n, type: 1, attempts: 1, message: 'bad', value: Buffer.from('c') }]);
    });
  });

  it('a letter that can not be written fails the stream', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b');
      const stream = scene.client.consume('log', { deadLetters: () => throwError(() => new Error('no room')) });
      const deliveries = new Deliveries(stream.pipe(records()));
      yield 100;
      deliveries.at(0).dead();
      deliveries.at(1).ack();
      yield 10;
      expect(deliveries.error).toBeInstanceOf(DeadLetterError);
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 0, dead: 0, abandoned: 1 });
    });
  });
});

describe('work on a log', () => {
  it('retries, then buries: every batch has one fate, and the position reaches the end', () => {
    virtually(function* () {
      const scene = new Scene();
      const count = 60;
      const end = scene.append('log', ...Array.from({ length: count }, (_, i) => String(i).padStart(15, '0')));
      const store = new SlowStore();
      const stream = scene.client.consume('log', {
        name: 'n',
        offsetStore: store,
        to: 'end',
        maxFetchBytes: 20,
        deadLetters: { topic: 'log-dead' },
      });
      const tries = new Map<string, number>();
      const done = new Watch(
        stream.pipe(
          work(
            (batch) => {
              const text = batch.text(0);
              const n = (tries.get(text) ?? 0) + 1;
              tries.set(text, n);
              const fails = Number(text) % 10 === 7 || (Number(text) % 5 === 1 && n < 3);
              return of(text).pipe(
                delay(13),
                concatMap(() => (fails ? throwError(() => new Error(`bad ${text}`)) : of(text))),
              );
            },
            { concurrency: 3, onError: { retry: { maxAttempts: 3, initialMs: 10, maxMs: 50 }, then: 'dead' } },
          ),
        ),
      );
      yield 30_000;
      expect(done.ended).toBe('complete');
      expect(done.values).toHaveLength(54);
      expect(stream.fate()).toEqual({ delivered: 60, acked: 54, nacked: 0, dead: 6, abandoned: 0, late: 0 });
      expect(store.saved.at(-1)).toBe(end);
      const back = new Watch(
        scene.client.consume('log-dead', { to: 'end' }).pipe(autoAck(), records(), map((r) => decodeDeadLetter(r.text()))),
      );
      yield 1000;
      expect(back.values.map(({ position }) => Number(position) / 20).toSorted((a, b) => a - b)).toEqual([7, 17, 27, 37, 47, 57]);
      expect(new Set(back.values.map(({ attempts, code }) => `${attempts} ${code}`))).toEqual(new Set(['3 Error']));
    });
  });
});

it('the time of a letter is the time of the clock', () => {
  virtually(function* () {
    const scene = new Scene();
    scene.server.append('log', tlv('a'));
    const deliveries = new Deliveries(scene.client.consume('log', { deadLetters: { topic: 'dead' } }));
    yield 500;
    deliveries.at(0).dead();
    const atMs = clock.now();
    yield 500;
    const { records: written } = decodeRecords(scene.server.read('dead'));
    expect(written.map(({ type }) => type)).toEqual([TlvRecord.json({}).type]);
    const letter = decodeDeadLetter(Buffer.from(written[0]!.value).toString());
    expect([letter.firstAtMs, letter.lastAtMs]).toEqual([60, atMs]);
    expect(textsIn(deliveries.at(0).value)).toEqual(['a']);
    deliveries.unsubscribe();
    new Watch(scene.client.close());
  });
});
