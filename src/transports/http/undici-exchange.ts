import { errors, type Dispatcher } from 'undici';
import { clock } from '../../foundation/clock.js';
import { SluiceError } from '../../foundation/errors.js';
import { ChannelError } from '../channel-error.js';
import { reportOwnerError } from '../owner.js';
import { AnswerCutOffError, AnswerTooLargeError } from './errors.js';
import type { HttpAnswer, HttpEvents, HttpRequest } from './requester.js';

/** What an exchange needs to know of its requester. */
export interface ExchangeOwner {
  readonly origin: string;
  readonly maxAnswerBytes: number;
  /** The exchange needs its connection no more, which is fit for another one if it ended well. Comes once, first. */
  ended(exchange: UndiciExchange, well: boolean): void;
  /** The exchange was called off while it had its connection, which nobody can use any more. */
  leftBehind(exchange: UndiciExchange): void;
}

/** One exchange, as undici tells it. What throws in here would reach undici, and its answer would be an abort. */
export class UndiciExchange implements Dispatcher.DispatchHandler {
  readonly request: HttpRequest;
  readonly #events: HttpEvents;
  readonly #owner: ExchangeOwner;
  #started = false;
  #dispatched = false;
  #calledOff = false;
  #ended = false;
  #status = 0;
  #contentType = '';
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(request: HttpRequest, events: HttpEvents, owner: ExchangeOwner) {
    this.request = request;
    this.#events = events;
    this.#owner = owner;
  }

  /** The call that handed this over has returned: events may be told as they come. */
  dispatched(): void {
    this.#dispatched = true;
  }

  /** Nobody wants the answer any more: nothing is told from now on. */
  callOff(): void {
    this.#calledOff = true;
    if (this.#ended) return;
    this.#chunks = [];
    // To abort would make undici connect anew, for nothing.
    if (this.#started) this.#owner.leftBehind(this);
  }

  fail(error: SluiceError): void {
    this.#end(false, () => this.#events.failed(error));
  }

  onRequestStart(): void {
    // Before anything is written: to throw leaves the connection to the next exchange, to abort would close it.
    if (this.#calledOff) throw new Error('called off');
    this.#started = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // Answers below 200 come before the real one.
    if (status < 200) return;
    this.#status = status;
    this.#contentType = mediaType(headers['content-type']);
    if (Number(headers['content-length']) > this.#owner.maxAnswerBytes) this.#tooLarge(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#ended || this.#calledOff) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#owner.maxAnswerBytes) this.#tooLarge(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const { length, 0: first } = this.#chunks;
    const body = length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
    const answer: HttpAnswer = { status: this.#status, contentType: this.#contentType, body };
    this.#end(true, () => this.#events.answered(answer));
  }

  onResponseError(_controller: unknown, error: Error): void {
    const { origin } = this.#owner;
    if (error instanceof SluiceError) this.fail(error);
    else if (this.#status > 0) this.fail(new AnswerCutOffError(origin, error));
    else this.fail(brokenConnection(origin, error));
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    const { origin, maxAnswerBytes } = this.#owner;
    this.fail(new AnswerTooLargeError(origin, maxAnswerBytes));
    controller.abort(new Error('too large'));
  }

  #end(well: boolean, tell: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunks = [];
    this.#owner.ended(this, well);
    if (!this.#dispatched) clock.after(0, () => this.#tell(tell));
    else this.#tell(tell);
  }

  #tell(event: () => void): void {
    if (this.#calledOff) return;
    try {
      event();
    } catch (error) {
      reportOwnerError(error);
    }
  }
}

function mediaType(header: string | string[] | undefined): string {
  const value = Array.isArray(header) ? header.at(-1) : header;
  return (value ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** The connection broke before an answer began, or what came is not HTTP. */
function brokenConnection(origin: string, error: Error & { code?: unknown; syscall?: unknown }): ChannelError {
  const { code, syscall } = error;
  if (error instanceof errors.HTTPParserError) {
    const context = { address: origin, syscall: 'read' };
    const message = `${origin}: the answer is not HTTP (${error.message})`;
    return new ChannelError(message, { cause: error, retryable: false, context });
  }
  // Undici has its own codes; for its user a connection that the other side closed is one that was reset.
  const errno = typeof code === 'string' && !code.startsWith('UND_ERR') ? code : 'ECONNRESET';
  return ChannelError.of(origin, { code: errno, syscall: typeof syscall === 'string' ? syscall : 'read' }, error);
}
