import { concatMap, delay, map, of, throwError } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { decodeDeadLetter } from '../../src/observables/lance/consuming/dead-letter.js';
import { DeadLetterError } from '../../src/observables/lance/connection/errors.js';
import { marbles } from '../../src/testing.js';
import { SlowStore } from './slow-store.js';

describe('records(): settled one by one', () => {
  it('nack, dead and ack: a nacked one comes again alone, a dead one goes alone, the batch is acked when all are settled', () => {
    marbles(function* ({ expectFate, expectRecording, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c', 'd');
      const store = new SlowStore();
      const stream = rig.client.consume('log', {
        name: 'n',
        offsetStore: store,
        commitCount: 1,
        until: 'end',
        deadLetters: { topic: 'log-dead' },
      });
      // Of the batch: it is acked when all of its records are settled, and then the position is stored.
      expectFate(stream).toBe('700ms (a|)');
      expectRecording(store).toBe('700ms p', { p: 24 });
      const deliveries = watch(stream.pipe(records()));
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
      expect(deliveries.at(1).ack()).toBe('again');
      expect(deliveries.at(4).ack()).toBe('settled');
      yield 10;
      expect(deliveries.ended).toBe('complete');
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0 });
      const back = watch(
        rig.client.consume('log-dead', { until: 'end' }).pipe(
          autoAck(),
          records(),
          map((record) => decodeDeadLetter(record.text())),
        ),
      );
      yield 500;
      expect(back.values).toMatchObject([
        { position: 12n, type: 1, attempts: 1, message: 'bad', value: Buffer.from('c') },
      ]);
    });
  });

  it('a letter that can not be written fails the stream', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log', { deadLetters: () => throwError(() => new Error('no room')) });
      const deliveries = watch(stream.pipe(records()));
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
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const count = 60;
      const end = rig.append('log', ...Array.from({ length: count }, (_, i) => String(i).padStart(15, '0')));
      const store = new SlowStore();
      const stream = rig.client.consume('log', {
        name: 'n',
        offsetStore: store,
        until: 'end',
        maxFetchBytes: 20,
        deadLetters: { topic: 'log-dead' },
      });
      const tries = new Map<string, number>();
      const done = watch(
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
      const back = watch(
        rig.client.consume('log-dead', { until: 'end' }).pipe(
          autoAck(),
          records(),
          map((r) => decodeDeadLetter(r.text())),
        ),
      );
      yield 1000;
      expect(back.values.map(({ position }) => Number(position) / 20).toSorted((a, b) => a - b)).toEqual([
        7, 17, 27, 37, 47, 57,
      ]);
      expect(new Set(back.values.map(({ attempts, code }) => `${attempts} ${code}`))).toEqual(new Set(['3 Error']));
    });
  });
});
