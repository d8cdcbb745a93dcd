import type { Subscription } from 'rxjs';
import { Command } from '../../codecs/lance/commands.js';
import { errorFromText } from '../../codecs/lance/error-from-text.js';
import { AccessDeniedError, LanceError, LanceTimeoutError, ProtocolError } from '../../codecs/lance/errors.js';
import { FrameReader, type FrameOwner } from '../../codecs/lance/frame-reader.js';
import { FrameKind, type Header } from '../../codecs/lance/header.js';
import { decodeAuthenticateResponse, decodeReplyText } from '../../codecs/lance/replies.js';
import { authenticateRequest } from '../../codecs/lance/requests.js';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../channel.js';
import { isErrorReply, MAX_ERROR_BYTES } from './error-reply.js';
import { expectCommand } from './request-session.js';

/**
 * Makes channels over which the token has been accepted before their owner is told that they are open (lance.md 10.1).
 * A refusal closes them with {@link AccessDeniedError}, which is not retryable: another attempt would bring another.
 */
export function authenticated(connector: Connector, token: string, timeoutMs: number): Connector {
  return {
    address: connector.address,
    connect: (events) => new AuthenticatingChannel(connector, token, timeoutMs, events),
  };
}

/** Why the token was refused, if it was. Throws {@link ProtocolError} at another reply. */
export function refusalIn(
  header: Header,
  buffer: Uint8Array,
  start: number,
  end: number,
): AccessDeniedError | undefined {
  expectCommand(header, Command.AuthenticateResponse);
  const { success, message } = decodeAuthenticateResponse(buffer, start, end);
  if (success) return undefined;
  return new AccessDeniedError(`the server refused the token: ${message || 'it did not say why'}`);
}

/** Speaks frames until the token is accepted; from then on all bytes are its owner's. */
class AuthenticatingChannel implements Channel, ChannelEvents, FrameOwner {
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #events: ChannelEvents;
  readonly #channel: Channel;
  #reader: FrameReader | undefined = new FrameReader(this);
  #timer: Subscription | undefined;
  #replies = 0;

  constructor(connector: Connector, token: string, timeoutMs: number, events: ChannelEvents) {
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    this.#channel = connector.connect(this);
  }

  // ---- Channel

  write(bytes: Uint8Array): boolean {
    return this.#channel.write(bytes);
  }

  close(): void {
    this.#timer?.unsubscribe();
    this.#channel.close();
  }

  // ---- ChannelEvents

  opened(): void {
    this.#channel.write(authenticateRequest(this.#token));
    this.#timer = clock.after(this.#timeoutMs, () =>
      this.#fail(
        new LanceTimeoutError(`the token was not accepted within ${this.#timeoutMs} ms`, {
          context: { requestTimeoutMs: this.#timeoutMs },
        }),
      ),
    );
  }

  target(): Uint8Array {
    return (this.#reader ?? this.#events).target();
  }

  received(count: number): void {
    if (this.#reader === undefined) return this.#events.received(count);
    try {
      this.#reader.received(count);
    } catch (error) {
      // Only what the peer did wrong is the end of the channel; anything else is a bug and must be seen.
      if (!(error instanceof LanceError)) throw error;
      return this.#fail(error);
    }
    if (this.#replies === 0) return;
    this.#reader = undefined;
    this.#timer?.unsubscribe();
    this.#events.opened();
  }

  drained(): void {
    if (this.#reader === undefined) this.#events.drained();
  }

  closed(error?: SluiceError): void {
    this.#timer?.unsubscribe();
    this.#events.closed(error);
  }

  // ---- FrameOwner

  maxPayload(): number {
    return MAX_ERROR_BYTES;
  }

  headroom(): number {
    return 0;
  }

  frame(header: Header, buffer: Uint8Array, start: number, end: number): void {
    // Advisory, and an answer to nothing (lance.md 2.6).
    if (header.kind === FrameKind.Backpressure) return;
    if (this.#replies++ > 0) throw new ProtocolError(`a ${header.kind} frame that nobody asked for`);
    if (isErrorReply(header)) throw aboutTheToken(errorFromText(decodeReplyText(buffer, start, end)));
    const refusal = refusalIn(header, buffer, start, end);
    if (refusal !== undefined) throw refusal;
  }

  #fail(error: LanceError): void {
    this.close();
    this.#events.closed(error);
  }
}

/** An error that is about something else, such as a topic, would be taken for the answer to what comes later. */
function aboutTheToken(error: LanceError): LanceError {
  if (error.retryable || error instanceof AccessDeniedError || error instanceof ProtocolError) return error;
  return new ProtocolError(`the server answers the token with "${error.message}"`, { cause: error });
}
