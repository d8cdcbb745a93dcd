import { tap } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { AccessDeniedError, ConnectionError, LanceTimeoutError, ProtocolError } from '../../src/codecs/lance/errors.js';
import { authenticateResponse } from '../../src/codecs/lance/replies.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { lanceAnswer, lancePeer, marbles } from '../../src/testing.js';

const guarded = { auth: { tokens: ['secret'], enforceAll: true } } as const;
const refused = authenticateResponse({ success: false, message: 'Invalid token' });
const accepted = authenticateResponse({ success: true, message: 'Authenticated' });

describe('the option token', () => {
  it('is shown first on every connection: for commands, streams, sinks and producers', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ ...guarded, client: { token: 'secret' } });
      const { client, wire } = rig;
      rig.append('log', 'a');
      expectWire(wire.connection(1)).toBe('C 19ms (oA) 16ms (hL) 16ms (Lt) 16ms t 59ms L 19ms t 979ms X');
      expectWire(wire.connection(2)).toBe('50ms C 19ms (oA) 16ms (hL) 16ms (tF) 16ms (fF) 16ms (fX)');
      expectWire(wire.connection(3).only('C', 'A', 'h', 'I', 'a', 'X')).toBe('100ms C 19ms A 19ms h 19ms I 20ms (aX)');
      watch(client.listTopics());
      yield 50;
      const read = watch(client.consume('log', { until: 'end' }).pipe(autoAck()));
      yield 10;
      watch(client.getTopic('log'));
      yield 40;
      const sunk = watch(client.sink('log')(['b']));
      yield 100;
      expect([read.ended, sunk.ended]).toEqual(['complete', 'complete']);
    });
  });

  it('a producer of its own shows it too', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance(guarded);
      rig.server.createTopic('log');
      const open = watch(rig.producer().send('log', 'a'));
      const shown = watch(rig.producer({ token: 'secret' }).send('log', 'b'));
      yield 500;
      expect(open.error).toBeInstanceOf(AccessDeniedError);
      expect(shown.ended).toBe('complete');
    });
  });

  it('that is missing: the error says so, whoever gets it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance(guarded);
      rig.append('log', 'a');
      const all = [
        watch<unknown>(rig.client.listTopics()),
        watch<unknown>(rig.client.consume('log')),
        watch<unknown>(rig.client.sink(1)(['b'])),
        watch<unknown>(rig.producer().send(1, 'c')),
      ];
      yield 500;
      for (const { error } of all) {
        expect(error).toBeInstanceOf(AccessDeniedError);
        expect(error).toMatchObject({
          retryable: false,
          message: 'Authentication required: give the option token',
          cause: { message: 'Authentication required' },
        });
      }
    });
  });

  it('that was given and is not enough: the error has the words of the server alone', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance({ ...guarded, client: { token: 'secret' } });
      server.faults.failNextCommands(1, 'Authentication required', Command.ListTopics);
      const seen = watch(client.listTopics());
      yield 500;
      expect(seen.error).toMatchObject({ code: 'LANCE_ACCESS_DENIED', message: 'Authentication required' });
    });
  });

  it('that is refused: AccessDeniedError for all that wait, and nobody tries again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ ...guarded, client: { token: 'wrong' } });
      const { client, wire } = rig;
      rig.append('log', 'a');
      const all = [
        watch<unknown>(client.listTopics()),
        watch<unknown>(client.ping()),
        watch<unknown>(client.connect()),
        watch<unknown>(client.consume('log')),
        watch<unknown>(client.sink(1)(['b'])),
        watch<unknown>(rig.producer().connect()),
      ];
      yield 60_000;
      for (const { error } of all) {
        expect(error).toBeInstanceOf(AccessDeniedError);
        expect(error).toMatchObject({ retryable: false, message: 'the server refused the token: Invalid token' });
      }
      // One for the commands, one for the stream, one for the sink, one for the producer's commands.
      expect(wire.connectedAtMs).toEqual([0, 0, 0, 0]);
      expect(wire.open).toBe(0);
    });
  });

  it('a server that does not answer it, or answers nonsense', () => {
    marbles(function* ({ watch }) {
      const silent = lancePeer(() => {}, { client: { token: 't', requestTimeoutMs: 500 } });
      const babbling = lancePeer(() => lanceAnswer.topics(), { client: { token: 't' } });
      const old = lancePeer(() => lanceAnswer.error('Invalid client command'), { client: { token: 't' } });
      const twice = lancePeer(() => Buffer.concat([accepted, accepted]), { client: { token: 't' } });
      const seen = [silent, babbling, old, twice].map(({ client }) => watch(client.ping()));
      yield 1_000;
      expect(seen.map(({ error }) => error)).toEqual([
        expect.any(LanceTimeoutError),
        expect.any(ProtocolError),
        expect.any(ProtocolError),
        expect.any(ProtocolError),
      ]);
      for (const peer of [silent, babbling, old, twice]) {
        expect(peer.wire.open).toBe(0);
        // The connection was never open to anybody.
        expect(peer.heard.map(({ name }) => name)).toEqual(['Authenticate']);
      }
    });
  });

  it('a connection that breaks while the token is on its way is tried again by streams', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ ...guarded, client: { token: 'secret' } });
      rig.append('log', 'a');
      const read = watch(rig.client.consume('log', { until: 'end' }).pipe(autoAck()));
      const asked = watch(rig.client.listTopics());
      yield 25;
      rig.server.faults.dropConnections();
      yield 500;
      expect(asked.error).toBeInstanceOf(ConnectionError);
      expect(read.ended).toBe('complete');
    });
  });

  it('who leaves while it is on its way closes the connection', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ ...guarded, client: { token: 'secret' } });
      const seen = watch(rig.client.consume('log'));
      yield 25;
      seen.unsubscribe();
      yield 5;
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each(['', 7, null])('%p is refused before anything is sent', (token) => {
    expect(() => new LanceClient({ token: token as string })).toThrow('token: must be a text that is not empty');
    expect(() => new LanceClient().authenticate(token as string)).toThrow('token: must be a text');
  });

  it('is in nothing that is printed', () => {
    const shown = JSON.stringify(new LanceClient({ token: 'secret' }), (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(shown).not.toContain('secret');
  });
});

describe('authenticate', () => {
  it('shows a token that all later connections show too', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance(guarded);
      const { client, wire } = rig;
      rig.append('log', 'a');
      expectWire(wire.only('C', 'A', 'h', 'L', 't', 'e', 'F', 'f')).toBe(
        'C 19ms L 19ms e 9ms A 19ms h 29ms (CL) 16ms (At) 16ms (hL) 16ms (tF) 16ms (fF) 16ms f',
      );
      const before = watch(client.listTopics());
      yield 50;
      expect(before.error).toBeInstanceOf(AccessDeniedError);
      const shown = watch(client.authenticate('secret'));
      yield 50;
      expect([shown.values, shown.ended]).toEqual([[undefined], 'complete']);
      const read = watch(client.consume('log', { until: 'end' }).pipe(autoAck()));
      const after = watch(client.listTopics());
      yield 200;
      expect([read.ended, after.ended]).toEqual(['complete', 'complete']);
    });
  });

  it('connections for commands that have not shown it take no further command', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance({ ...guarded, client: { commandConnections: { max: 2, idleMs: 10_000 } } });
      watch(client.listTopics());
      watch(client.listTopics());
      yield 50;
      expect(wire.open).toBe(2);
      watch(client.authenticate('secret'));
      yield 50;
      expect(wire.open).toBe(1);
      const all = [1, 2, 3].map(() => watch(client.listTopics()));
      yield 100;
      expect(all.map(({ ended }) => ended)).toEqual(['complete', 'complete', 'complete']);
    });
  });

  it('… and are closed with their last answer', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance({ client: { commandConnections: { max: 2, idleMs: 10_000 } } });
      server.faults.delayNextReplies(1, 300);
      const slow = watch(client.listTopics());
      watch(client.authenticate('any'));
      yield 100;
      expect(wire.open).toBe(2);
      yield 250;
      expect(slow.ended).toBe('complete');
      expect(wire.open).toBe(1);
    });
  });

  it('a token that is refused changes nothing, and hurts no other command', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance({ ...guarded, client: { token: 'secret' } });
      const shown = watch(client.authenticate('wrong'));
      const other = watch(client.listTopics());
      yield 100;
      expect(shown.error).toBeInstanceOf(AccessDeniedError);
      expect(other.ended).toBe('complete');
      expect(wire.open).toBe(1);
      yield 2_000;
      const later = watch(client.listTopics());
      yield 100;
      expect(later.ended).toBe('complete');
    });
  });

  it('takes the place of a token that is refused itself', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance({ auth: { tokens: ['new'], enforceAll: true }, client: { token: 'old' } });
      const shown = watch(client.authenticate('new'));
      yield 150;
      expect(shown.ended).toBe('complete');
      const after = watch(client.listTopics());
      yield 100;
      expect(after.ended).toBe('complete');
      expect(wire.open).toBe(1);
    });
  });

  it('… and leaves that in its place if it is no better, or nobody waits for the verdict', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance({ auth: { tokens: ['new'], enforceAll: true }, client: { token: 'old' } });
      const worse = watch(client.authenticate('worse'));
      yield 100;
      expect(worse.error).toBeInstanceOf(AccessDeniedError);
      const left = watch(client.authenticate('left'));
      yield 50;
      left.unsubscribe();
      yield 2_000;
      const after = watch(client.listTopics());
      yield 100;
      expect(after.error).toBeInstanceOf(AccessDeniedError);
      const shown = wire.commands(Command.Authenticate).map(({ payload }) => Buffer.from(payload).toString());
      expect(shown).toEqual(['old', 'worse', 'old', 'left', 'old']);
    });
  });

  it('records that were refused go over a new connection once there is a token', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ auth: { tokens: ['secret'] } });
      rig.server.createTopic('log');
      const sink = rig.client.sink('log');
      const producer = rig.producer();
      const before = [watch<unknown>(sink(['a'])), watch<unknown>(producer.send('log', 'b'))];
      yield 500;
      for (const { error } of before) expect(error).toBeInstanceOf(AccessDeniedError);
      watch(rig.client.authenticate('secret'));
      yield 50;
      const after = watch(sink(['c']));
      yield 500;
      expect(after.ended).toBe('complete');
    });
  });

  it('… also those of dead letters, which share one connection for good', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ auth: { tokens: ['secret'] } });
      const { client } = rig;
      rig.append('log', 'a');
      rig.server.createTopic('dead');
      const doomed = client.consume('log', { until: 6n, deadLetters: { topic: 'dead' } });
      const refused = watch(doomed.pipe(tap((delivery) => void delivery.dead())));
      yield 500;
      expect(refused.error).toMatchObject({ code: 'LANCE_DEAD_LETTER' });
      watch(client.authenticate('secret'));
      yield 50;
      const buried = watch(doomed.pipe(tap((delivery) => void delivery.dead())));
      yield 500;
      expect(buried.ended).toBe('complete');
    });
  });

  it('a refusal in words of the server is an error like any other', () => {
    marbles(function* ({ watch }) {
      const seen = watch(lancePeer([['Authenticate', refused]]).client.authenticate('x'));
      yield 100;
      expect(seen.error).toMatchObject({ code: 'LANCE_ACCESS_DENIED', retryable: false });
    });
  });
});
