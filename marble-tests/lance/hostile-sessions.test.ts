import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, ProtocolError, type LanceError } from '../../src/codecs/lance/errors.js';
import { backpressureFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { authenticateResponse, errorResponse, textResponse } from '../../src/codecs/lance/replies.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles } from '../../src/testing.js';
import { RequestSession } from '../../src/transports/lance/request-session.js';
import { MemoryListener } from '../../src/transports/memory.js';
import type { ServerEnd } from '../../src/transports/server-end.js';

const TOPICS = textResponse(Command.TopicResponse, '{"topics":[{"id":1,"name":"log","created_at":5,"topic_epoch":1}]}');
const ACCEPTED = authenticateResponse({ success: true, message: 'Authenticated' });

/** Answers each command of each connection as it is told to. */
function listen(answer: (end: ServerEnd, command: number, connection: number) => void): MemoryListener {
  let connections = 0;
  const listener = new MemoryListener((end) => {
    const connection = ++connections;
    return {
      received: (bytes) => answer(end, bytes[12]!, connection),
      drained: () => {},
      ended: () => end.end(),
      closed: () => {},
    };
  });
  listener.open();
  return listener;
}

it('what is asked over a connection that has ended fails, and is not kept', () => {
  marbles(function* () {
    const listener = listen((end) => end.end());
    const errors: LanceError[] = [];
    const ask = (): void =>
      session.send({ request: keepaliveFrame(), reply: () => {}, failed: (error) => errors.push(error) });
    const session = new RequestSession(listener.connector(), 1_000, { opened: ask, closed: ask });
    yield 10;
    expect(errors).toEqual([expect.any(ConnectionError), expect.any(ConnectionError)]);
    expect(session.pending).toBe(0);
    yield 5_000;
    expect(errors).toHaveLength(2);
  });
});

describe('a token that is answered', () => {
  const consuming = (listener: MemoryListener, token: string) =>
    new LanceClient({
      token,
      connector: listener.connector(),
      requestTimeoutMs: 500,
      reconnect: { initialMs: 10, maxMs: 20, jitter: 'none' },
    })
      .consume('log')
      .pipe(autoAck());

  it('by an error about something else, when a stream connects again: it ends with that, and does not wait for ever', () => {
    marbles(function* ({ watch }) {
      const listener = listen((end, command, connection) => {
        if (command === Command.Authenticate) {
          end.write(connection === 1 ? ACCEPTED : errorResponse('Unknown topic'));
        } else if (command === Command.ListTopics) end.write(TOPICS);
        else end.end();
      });
      const seen = watch(consuming(listener, 's3cret'));
      yield 5_000;
      expect(seen.error).toBeInstanceOf(ProtocolError);
      expect(String(seen.error)).toContain('Unknown topic');
      expect(listener.connections).toBe(0);
    });
  });

  it('behind a frame that asks to slow down is accepted', () => {
    marbles(function* ({ watch }) {
      const listener = listen((end, command) => {
        if (command === Command.Authenticate) {
          end.write(backpressureFrame());
          end.write(ACCEPTED);
        } else end.write(errorResponse('the disk is on fire'));
      });
      const seen = watch(consuming(listener, 's3cret'));
      yield 5_000;
      expect(String(seen.error)).toContain('the disk is on fire');
    });
  });
});
