import type { AnswerHead, FloCodec } from '../../codecs/flo/codec.js';
import {
  BadRequestError,
  ConnectionFailedError,
  FloError,
  FloTimeoutError,
  InvalidChecksumError,
  PayloadTooLargeError,
  ProtocolMismatchError,
  UnexpectedEofError,
} from '../../codecs/flo/errors.js';
import { FloFrameReader, type FloFrameOwner, type FrameSize } from '../../codecs/flo/frame-reader.js';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, Connector } from '../channel.js';
import { callOf, type Call } from './call.js';
import { OpenCalls, type OpenCall } from './open-calls.js';

/** Who holds a session. */
export interface FloSessionEvents {
  opened(): void;
  /** No call is under way any more. */
  idle(): void;
  /** Comes once, and not after `close()`, before the calls under way fail: what is asked for again inside goes elsewhere. */
  closed(error: FloError): void;
  /** For people who look for a fault. */
  log(line: string): void;
}

/** A connection that owes so many answers has nothing to say any more. */
const MOST_OWED = 1_024;

/**
 * Requests and their answers over one connection, matched by id in any order. A call whose answer is overdue fails
 * alone; if nothing at all was heard meanwhile, the server is asked whether it is still there (flo.md 1.5 to 1.7).
 */
export class FloSession implements FloFrameOwner {
  private readonly reader = new FloFrameReader(this);
  private readonly calls = new OpenCalls((open) => this.expired(open));
  private readonly channel: Channel;
  private readonly address: string;
  /** Of the answer that has begun and is not whole, and when that was. */
  private head: AnswerHead | undefined;
  private begunMs = 0;
  private isOpen = false;
  private heardMs = 0;
  /** An answer was whole: the server speaks what we speak. */
  private isUnderstood = false;
  private isProbing = false;
  private over = false;

  constructor(
    connector: Connector,
    private readonly wire: FloCodec,
    private readonly timeoutMs: number,
    private readonly events: FloSessionEvents,
  ) {
    this.address = connector.address;
    this.channel = connector.connect({
      opened: () => {
        this.isOpen = true;
        events.opened();
      },
      target: () => this.reader.target(),
      received: (count) => this.received(count),
      drained: () => {},
      closed: (error) => this.fail(this.lost(error)),
    });
  }

  /** Calls under way. */
  get pending(): number {
    return this.calls.pending;
  }

  /** Only after `opened`. */
  send(call: Call): void {
    const id = this.calls.add(call);
    this.channel.write(this.wire.requestFrame(id, call.opcode, call.payload));
    call.sent?.();
  }

  /** Ends the connection; calls under way fail with `error`. */
  close(error: FloError): void {
    if (this.over) return;
    for (const call of this.end()) call.failed(error, 'unknown');
  }

  measure(bytes: Uint8Array, start: number, end: number): FrameSize | undefined {
    const { headerBytes } = this.wire;
    if (end - start < headerBytes) return undefined;
    this.head = this.wire.decodeAnswerHead(bytes, start);
    this.begunMs = this.heardMs;
    return { headerBytes, payloadBytes: this.head.payloadBytes };
  }

  frame(bytes: Uint8Array, payload: Uint8Array): void {
    const { head } = this;
    this.head = undefined;
    if (head === undefined) return;
    if (head.id.low === 0 && head.id.high === 0) return this.unaddressed(head.status, payload);
    const open = this.calls.take(head.id);
    if (open === undefined) this.events.log(`an answer with id ${head.id.low}, which nobody waits for`);
    else if (!this.wire.isIntact(bytes, 0, payload)) this.broken(open);
    else this.deliver(open, head.status, payload);
    if (!this.over && this.calls.pending === 0) this.events.idle();
  }

  private received(count: number): void {
    // A large answer may take long to come: who still sends is there.
    this.heardMs = clock.now();
    try {
      this.reader.received(count);
    } catch (error) {
      // Only what the peer did wrong is the end of the session; anything else is a bug and must be seen.
      if (!(error instanceof FloError)) throw error;
      this.fail(error instanceof PayloadTooLargeError ? error : this.judged(error));
    }
  }

  private deliver({ call, isGivenUp }: OpenCall, status: number, payload: Uint8Array): void {
    this.isUnderstood = true;
    if (isGivenUp) {
      this.events.log(`${call.name}: its answer, status ${status}, came too late`);
      if (status === 0) call.late?.(payload);
    } else if (status === 0) call.answered(payload);
    else call.failed(this.wire.refused(status, payload, call.name), 'refused');
  }

  /** The length was usable, so the connection is: only this answer is lost. */
  private broken({ call, isGivenUp }: OpenCall): void {
    if (isGivenUp) return;
    call.failed(
      this.judged(new InvalidChecksumError(`the checksum of the answer to ${call.name} is wrong`)),
      'unknown',
    );
  }

  /** The server could not read what it was sent: it can't say which request that was. */
  private unaddressed(status: number, payload: Uint8Array): void {
    if (status === 0) return;
    const error = this.wire.refused(status, payload, 'a request');
    this.fail(error instanceof BadRequestError ? this.judged(error) : error);
  }

  /** What goes wrong before anything was understood looks like another protocol (flo.md 0). */
  private judged(error: FloError): FloError {
    return this.isUnderstood ? error : new ProtocolMismatchError(this.wire.protocol, this.address, error);
  }

  private expired({ call, sentMs }: OpenCall): void {
    const { patienceMs, name } = call;
    const doubt = this.isUnderstood ? '' : `; none has come from ${this.address} yet: is this a Flo server?`;
    const error = new FloTimeoutError(`${name}: no answer within ${patienceMs} ms${doubt}`, {
      context: { patienceMs },
    });
    call.failed(error, 'unknown');
    if (this.over) return;
    if (this.calls.owed > MOST_OWED || this.isStuck(sentMs)) this.fail(error);
    else if (this.heardMs <= sentMs) this.probe();
    if (!this.over && this.calls.pending === 0) this.events.idle();
  }

  /**
   * An answer that nobody waits for any more had begun before that and still goes on: its length was damaged perhaps, and
   * it takes the answers behind it for its own.
   */
  private isStuck(sinceMs: number): boolean {
    return this.head !== undefined && this.begunMs <= sinceMs && !this.calls.awaits(this.head.id);
  }

  /** A server that is merely slow answers this one; one that is gone without a word does not. */
  private probe(): void {
    if (this.isProbing) return;
    this.isProbing = true;
    const { ping } = this.wire;
    const askedMs = clock.now();
    const back = (): void => {
      this.isProbing = false;
    };
    this.send(
      callOf(ping, ping.encodeRequest('', undefined), this.timeoutMs, {
        answered: back,
        failed: (error, how) => {
          back();
          if (how === 'unknown' && this.heardMs <= askedMs)
            this.fail(new UnexpectedEofError('the server has fallen silent', { cause: error }));
        },
      }),
    );
  }

  private lost(cause: SluiceError | undefined): FloError {
    const { address } = this;
    const { message = `${address} closed the connection`, retryable = true, context = { address } } = cause ?? {};
    const details = { cause, retryable, context };
    if (!this.isOpen) return new ConnectionFailedError(message, details);
    // Servers of other systems go away without a word.
    const isMute = !this.isUnderstood && this.calls.pending > 0;
    return new UnexpectedEofError(isMute ? `${message} before any answer: is this a Flo server?` : message, details);
  }

  private fail(error: FloError): void {
    if (this.over) return;
    const lost = this.end();
    this.events.closed(error);
    for (const call of lost) call.failed(error, 'unknown');
  }

  private end(): Call[] {
    this.over = true;
    this.reader.stop();
    this.channel.close();
    return this.calls.clear();
  }
}
