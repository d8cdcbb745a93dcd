import { map } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, InvalidFrameError, RateLimitedError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';

/** Records of 20 bytes each, headers included. */
const twenties = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(15, '0'));

describe('consume: a broken connection', () => {
  it('is opened again after pauses that grow, and the stream says so', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      // Being refused takes a round trip of 20 ms; the pauses are 100, 200, 400, 800, 1600 ms.
      expectWire(rig.wire.only('C', 'o', 'x', 'X')).toBe(
        'C 19ms o 89ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x 1599ms C 19ms o 789ms X',
      );
      const stream = rig.client.consume('log');
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      const status = watch(stream.status$);
      yield 100;
      rig.stop();
      yield 2000;
      rig.append('log', 'b');
      rig.start();
      yield 2000;
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(status.values.map(({ state, reasons }) => [state, ...reasons])).toEqual([
        ['delivering'],
        ['paused', 'reconnecting'],
        ['delivering'],
      ]);
      expect(status.values[1]?.detail).toContain('ECONNRESET');
      seen.unsubscribe();
    });
  });

  it('the pauses begin anew once the server has answered a fetch', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'o', 'f', 'x', 'X')).toBe(
        'C 19ms o 39ms f 19ms f 29ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms o ' +
          '39ms f 29ms f 39ms f 59ms f 69ms x 99ms C 19ms x 199ms C 19ms x',
      );
      const seen = watch(rig.client.consume('log'));
      yield 100;
      rig.stop();
      yield 600;
      rig.start();
      yield 400;
      rig.stop();
      yield 500;
      seen.unsubscribe();
    });
  });

  it('a server that takes connections and drops them gets growing pauses too', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.refuseNextConnections(4);
      expectWire(rig.wire.only('C', 'o', 'x', 'f')).toBe(
        'C 19ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms o 39ms f',
      );
      const seen = watch(rig.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 1650;
      expect(seen.values).toEqual([['a']]);
      seen.unsubscribe();
    });
  });

  it.each([
    [0, 'C 109ms x'],
    [1, 'C 109ms x 99ms C 19ms x'],
    [2, 'C 109ms x 99ms C 19ms x 199ms C 19ms x'],
  ])('maxAttempts: %i attempts in a row, each counted once', (maxAttempts, attempts) => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { jitter: 'none', maxAttempts } } });
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'x')).toBe(attempts);
      const seen = watch(rig.client.consume('log'));
      yield 100;
      expect(seen.values).toHaveLength(1);
      rig.stop();
      yield 60_000;
      expect(seen.error).toBeInstanceOf(ConnectionError);
      expect(seen.error).toMatchObject({ retryable: true });
    });
  });

  it('attempts count in a row: a fetch that was answered ends the row', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { jitter: 'none', maxAttempts: 1 } } });
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'x', 'X')).toBe(
        'C 509ms x 99ms C 399ms x 99ms C 399ms x 99ms C 399ms x 99ms C 399ms x 99ms C 389ms X',
      );
      const seen = watch(rig.client.consume('log'));
      for (let i = 0; i < 5; i++) {
        yield 500;
        rig.server.faults.dropConnections();
      }
      yield 500;
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('a connection that breaks with a fetch and a prefetch under way is one failure', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { jitter: 'none', maxAttempts: 1 } } });
      rig.append('log', ...twenties(0, 5));
      expectWire(rig.wire.only('C', 'F', 'f', 'x', 'X')).toBe(
        'C 39ms F 19ms (fF) 11ms x 99ms C 39ms F 19ms (fF) 16ms (fF) 16ms (fF) 16ms (fF) 16ms X',
      );
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 20 }).pipe(autoAck(), map(textsIn)));
      yield 65;
      rig.server.faults.dropConnections();
      yield 250;
      expect(seen.values.flat()).toEqual(twenties(0, 5));
      seen.unsubscribe();
    });
  });

  it('what was delivered stays valid: it is settled later, and not delivered again', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance();
      const store = new MemoryOffsetStore();
      rig.append('log', ...twenties(0, 4));
      const stream = rig.client.consume('log', { name: 'n', offsetStore: store, maxFetchBytes: 20, commitCount: 1 });
      expectWire(rig.wire.only('C', 'x')).toBe('C 209ms x 99ms C');
      expectFate(stream).toBe('250ms (ba) 496ms (xx)', {
        a: { fate: 'acked', position: 0n },
        b: { fate: 'acked', position: 20n },
      });
      const deliveries = watch(stream);
      yield 200;
      rig.server.faults.dropConnections();
      yield 50;
      expect(deliveries.at(1).ack()).toBe('settled');
      expect(deliveries.at(0).ack()).toBe('settled');
      yield 500;
      expect(watch(store.load({ consumer: 'n', topicId: 1, topicName: 'log' })).values).toEqual([40n]);
      expect(deliveries.values.map(({ value }) => value.text(0))).toEqual(twenties(0, 4));
      deliveries.unsubscribe();
    });
  });

  it('a carried beginning of a record is fetched again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...twenties(0, 20));
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 33 }).pipe(autoAck(), map(textsIn)));
      for (let i = 0; i < 8; i++) {
        yield 47;
        rig.server.faults.dropConnections();
      }
      yield 20_000;
      expect(seen.values.flat()).toEqual(twenties(0, 20));
      seen.unsubscribe();
    });
  });

  it.each([
    ['Rate limit exceeded'],
    ['FORWARD_FAILED: Leader address unknown'],
    ['NOT_LEADER: leader unknown'],
    ['I/O error: Interrupted system call (os error 4)'],
  ])('"%s" passes: tried again', (text) => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.failNextCommands(1, text, Command.ListTopics);
      rig.server.faults.failNextCommands(2, text, Command.Fetch);
      expectWire(rig.wire.only('C', 'L', 'F', 'e', 'X')).toBe(
        'C 19ms L 19ms (eX) 96ms C 19ms L 19ms F 19ms (eX) 196ms C 19ms L 19ms F 19ms (eX) 396ms ' +
          'C 19ms L 19ms F 19ms F 24ms F----X',
      );
      const seen = watch(rig.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 950;
      expect(seen.values).toEqual([['a']]);
      seen.unsubscribe();
    });
  });

  it('other words of the server end the stream', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.failNextCommands(1, 'Out of cheese', Command.Fetch);
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (tF) 16ms (eX)');
      const seen = watch(rig.client.consume('log'));
      yield 1000;
      expect(seen.error).toMatchObject({ code: 'LANCE_SERVER', message: 'Out of cheese', retryable: false });
    });
  });

  it('the text of an error may be longer than what was asked for', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a');
      rig.server.faults.failNextCommands(1, 'Rate limit exceeded', Command.Fetch);
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 1 }));
      yield 1000;
      expect(seen.error).toBeInstanceOf(RateLimitedError);
    });
  });

  it('a fetch that is never answered poisons the connection', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { requestTimeoutMs: 500 } });
      rig.append('log', 'a');
      expectWire(rig.wire.connection(1)).toBe('C 19ms (oL) 16ms (tF) 16ms (fF) 496ms X');
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 70;
      rig.server.faults.swallowNextReplies(1);
      yield 10;
      rig.append('log', 'b');
      yield 1500;
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(rig.wire.connectedAtMs).toHaveLength(2);
      seen.unsubscribe();
    });
  });
});

describe('consume: corrupt frames', () => {
  it('one or two in a row: a new connection each', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...twenties(0, 3));
      expectWire(rig.wire.only('C', '?', 'X')).toBe(
        'C 214ms (?X) 96ms C 39ms (?X) 196ms C 1869ms (?X) 96ms C 2089ms (?X) 96ms C 39ms (?X) 196ms C 2644ms X',
      );
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 25 }).pipe(autoAck(), map(textsIn)));
      for (const count of [2, 1, 2]) {
        yield 200;
        rig.server.faults.corruptNextReplies(count);
        yield 2000;
        expect(seen.ended).toBeUndefined();
      }
      rig.append('log', ...twenties(3, 5));
      yield 1000;
      expect(seen.values.flat()).toEqual(twenties(0, 5));
      seen.unsubscribe();
    });
  });

  it('three in a row end the stream', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.corruptNextReplies(3);
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (?X) 96ms C 19ms (oL) 16ms (?X) 196ms C 19ms (oL) 16ms (?X)');
      const seen = watch(rig.client.consume('log'));
      yield 60_000;
      expect(seen.error).toBeInstanceOf(InvalidFrameError);
    });
  });
});
