import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { fault, marbles, type LanceRig } from '../../src/testing.js';

/** Which connection each GetTopic went over, in the order in which they were sent: `[id, connection]`. */
const sent = ({ wire }: LanceRig): number[][] =>
  wire.commands(Command.GetTopic).map(({ payload, connection }) => [payload[0]!, connection]);

function makeTopics({ server }: LanceRig): void {
  for (let id = 1; id <= 7; id++) server.createTopic(`log-${id}`);
}

describe('several connections for commands', () => {
  it('another one is opened only for a command that would wait, up to max; then they share', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 2 } });
      makeTopics(rig);
      for (const id of [1, 2, 3, 4]) watch(rig.client.getTopic(id));
      yield 100;
      for (const id of [5, 6, 7]) watch(rig.client.getTopic(id));
      yield 100;
      expect(sent(rig)).toEqual([
        ...[
          [1, 1],
          [2, 2],
          [3, 1],
          [4, 2],
        ],
        ...[
          [5, 1],
          [6, 2],
          [7, 1],
        ],
      ]);
      expect(rig.wire.connectedAtMs).toEqual([0, 0]);
    });
  });

  it('one that is idle is used again before another is opened', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 8 } });
      makeTopics(rig);
      for (const id of [1, 2, 3]) {
        watch(rig.client.getTopic(id));
        yield 50;
      }
      expect(sent(rig)).toEqual([
        [1, 1],
        [2, 1],
        [3, 1],
      ]);
    });
  });

  it('who came first is served first, by whichever is ready', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 2 } });
      makeTopics(rig);
      watch(rig.client.getTopic(1));
      yield 25;
      // The first one is busy until 40, a second one will be there at 45: the oldest is served at 40.
      for (const id of [2, 3]) watch(rig.client.getTopic(id));
      yield 100;
      expect(rig.wire.commands(Command.GetTopic).map(({ atMs, payload }) => [atMs, payload[0]])).toEqual([
        [20, 1],
        [40, 2],
        [45, 3],
      ]);
    });
  });

  it('one that can not be opened harms nobody while there is another', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 2 } });
      rig.server.createTopic('log');
      watch(rig.client.ping());
      yield 50;
      rig.server.faults.delayNextReplies(1, 300);
      const slow = watch(rig.client.getTopic(1));
      yield 1;
      rig.server.faults.refuseNextConnections(1);
      const behind = watch(rig.client.getTopic(1));
      yield 500;
      expect([slow.ended, behind.ended]).toEqual(['complete', 'complete']);
      expect(sent(rig)).toEqual([
        [1, 1],
        [1, 1],
      ]);
    });
  });

  it('one that can not be opened harms nobody while another is on its way, and no more are opened than are wanted', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 8 } });
      makeTopics(rig);
      rig.server.faults.refuseNextConnections(1);
      const all = [1, 2, 3].map((id) => watch(rig.client.getTopic(id)));
      yield 100;
      expect(all.map(({ ended }) => ended)).toEqual(['complete', 'complete', 'complete']);
      expect(sent(rig).map(([, connection]) => connection)).toEqual([2, 3, 2]);
      // The last one in place of the first.
      expect(rig.wire.connectedAtMs).toEqual([0, 0, 0, 20]);
    });
  });

  it('if none can be opened, all who wait are told', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: 3 } });
      rig.stop();
      const all = [1, 2, 3, 4].map((id) => watch(rig.client.getTopic(id)));
      yield 100;
      for (const { error } of all) expect(error).toBeInstanceOf(ConnectionError);
      expect(rig.wire.connectedAtMs).toEqual([0, 0, 0]);
    });
  });
});

describe('how long a connection for commands lasts', () => {
  it('idleMs after its last command it is closed', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, wire } = lance({ client: { commandConnections: { idleMs: 5_000 } } });
      expectWire(wire).toBe('C 19ms (oK) 16ms k 2959ms K 19ms k 4979ms X');
      watch(client.ping());
      yield 3_000;
      watch(client.ping());
      yield 6_000;
    });
  });

  it('after maxLifetimeMs it takes no further command, and is closed when all are answered', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, wire } = lance({ client: { commandConnections: { idleMs: 5_000, maxLifetimeMs: 1_000 } } });
      expectWire(wire.connection(1)).toBe('C 19ms (oK) 16ms k 954ms K 19ms (kX)');
      expectWire(wire.connection(2)).toBe('1s C 19ms (oK) 16ms k 1959ms X');
      watch(client.ping());
      yield 995;
      watch(client.ping());
      yield 5;
      const last = watch(client.ping());
      yield 100;
      expect(last.values).toEqual([20]);
      yield 1_900;
      // One that is idle when it has become too old is closed by the command that finds it so.
      watch(client.close());
    });
  });

  it.each([0, 10])('… but takes the first one, if it took longer than that (%i ms) to open', (maxLifetimeMs) => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance({ client: { commandConnections: { maxLifetimeMs } } });
      const all = [watch(client.ping()), watch(client.ping())];
      yield 200;
      expect(all.map(({ ended }) => ended)).toEqual(['complete', 'complete']);
      expect(wire.connectedAtMs).toEqual([0, 20]);
    });
  });

  it('one that was silent for checkAfterMs is asked first; one that is dead is replaced, and nobody notices', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { commandConnections: { idleMs: 60_000, checkAfterMs: 2_000 } } });
      const { client, server, wire } = rig;
      server.createTopic('log');
      expectWire(wire.connection(1).only('C', 'K', 'k', 'G', 't', 'X')).toBe(
        'C 19ms G 19ms t 2959ms K 19ms (kG) 16ms t 2959ms K 4999ms X',
      );
      expectWire(wire.connection(2).only('C', 'G', 't')).toBe('11s C 19ms G 19ms t', {});
      watch(client.getTopic(1));
      yield 3_000;
      const checked = watch(client.getTopic(1));
      yield 3_000;
      expect(checked.ended).toBe('complete');
      rig.apply(fault.halfOpen());
      const onDead = watch(client.getTopic(1));
      yield 6_000;
      expect(onDead.ended).toBe('complete');
      watch(client.close());
    });
  });

  it('one that breaks while it is checked is replaced at once', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance({ client: { commandConnections: { idleMs: 60_000, checkAfterMs: 0 } } });
      server.createTopic('log');
      watch(client.getTopic(1));
      yield 100;
      const seen = watch(client.getTopic(1));
      yield 5;
      server.faults.dropConnections();
      yield 100;
      expect(seen.ended).toBe('complete');
      expect(wire.connectedAtMs).toEqual([0, 115]);
      watch(client.close());
    });
  });

  it('who leaves while it is checked has asked for nothing', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance({ client: { commandConnections: { idleMs: 60_000, checkAfterMs: 0 } } });
      watch(client.ping());
      yield 100;
      const seen = watch(client.createTopic('never'));
      yield 5;
      seen.unsubscribe();
      yield 100;
      expect(server.topics).toEqual([]);
      expect(wire.open).toBe(1);
      watch(client.close());
      expect(wire.open).toBe(0);
    });
  });
});

describe('wrong options of commandConnections', () => {
  it.each([
    ['max', 0],
    ['max', { max: 1.5 }],
    ['max', { max: 2_000 }],
    ['idleMs', { idleMs: -1 }],
    ['maxLifetimeMs', { maxLifetimeMs: Number.NaN }],
    ['checkAfterMs', { checkAfterMs: 2 ** 31 }],
    ['idle', { idle: 5 }],
  ])('%s: %p', (option, commandConnections) => {
    expect(() => new LanceClient({ commandConnections: commandConnections as number })).toThrow(InvalidOptionError);
    expect(() => new LanceClient({ commandConnections: commandConnections as number })).toThrow(
      `commandConnections.${option}`,
    );
  });
});

describe('metrics', () => {
  it('count connections of all kinds, commands and their round trips', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const { client } = rig;
      rig.append('log', 'a');
      expect(client.metrics()).toEqual({
        connections: { open: 0, opened: 0, failed: 0, lost: 0 },
        ...{ redirects: 0, requests: 0, replies: 0, errors: 0, roundTrips: undefined },
      });
      watch(client.ping());
      watch(client.getTopic(9));
      const read = watch(client.consume('log'));
      yield 100;
      rig.server.faults.delayNextReplies(1, 40);
      watch(client.getTopic(1));
      yield 100;
      expect(client.metrics()).toEqual({
        connections: { open: 2, opened: 2, failed: 0, lost: 0 },
        ...{ redirects: 0, requests: 3, replies: 2, errors: 1 },
        roundTrips: { lastMs: 60, minMs: 20, maxMs: 60, meanMs: 40 },
      });
      rig.stop();
      yield 150;
      expect(client.metrics().connections).toEqual({ open: 0, opened: 2, failed: 1, lost: 2 });
      read.unsubscribe();
    });
  });
});
