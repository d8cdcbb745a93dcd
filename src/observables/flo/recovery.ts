import {
  BadRequestError,
  IncompleteResponseError,
  InvalidChecksumError,
  PayloadTooLargeError,
  ProtocolError,
  ProtocolMismatchError,
  type FloError,
} from '../../codecs/flo/errors.js';
import type { Failure } from '../../transports/flo/call.js';
import { Reconnector, type ReconnectOptions } from '../../transports/reconnect.js';

/** Who has to live with trouble. */
export interface RecoveryOwner {
  set(reason: 'reconnecting' | 'server', detail: string): void;
  clear(reason: 'reconnecting' | 'server'): void;
  /** The pause is over: ask again for what is owed. */
  resume(): void;
  /** No other try would help. */
  fail(error: FloError): void;
}

/** One bad answer may be an accident of the line; a server that gives no other is given up. */
const BAD_ANSWERS = 3;

/**
 * What a stream does when something it asked for fails: a pause that grows, for all that it asks for together, or the
 * end. However many calls fail by one broken connection, they are one failure.
 */
export class Recovery {
  private readonly reconnector: Reconnector;
  private badAnswers = 0;
  /** It has answered as it should. */
  private isKnown = false;
  private pausing = false;
  private stopped = false;
  private cutOff = false;

  constructor(
    options: ReconnectOptions,
    private readonly owner: RecoveryOwner,
  ) {
    this.reconnector = new Reconnector(options, () => {
      this.pausing = false;
      owner.resume();
    });
  }

  /** Nothing is to be asked for now. */
  get isPausing(): boolean {
    return this.pausing;
  }

  /** There was an end to trying to reach the server. */
  get isCutOff(): boolean {
    return this.cutOff;
  }

  trouble(error: FloError, how: Failure): void {
    if (this.stopped || this.pausing) return;
    const isBad = isBadAnswer(error, how, this.isKnown);
    const isFatal = isBad ? ++this.badAnswers >= BAD_ANSWERS : !error.retryable;
    this.pausing = !isFatal && this.reconnector.failed();
    this.cutOff = !this.pausing && how !== 'refused';
    if (this.pausing) this.owner.set(how === 'refused' ? 'server' : 'reconnecting', error.message);
    else this.owner.fail(error);
  }

  /** There is a connection. */
  connected(): void {
    this.owner.clear('reconnecting');
  }

  /** The server answers as it should: the next pause is the first one again. */
  well(): void {
    this.badAnswers = 0;
    this.isKnown = true;
    if (this.pausing) return;
    this.reconnector.succeeded();
    this.owner.clear('server');
  }

  /** Nobody hears of trouble any more. */
  stop(): void {
    this.stopped = true;
    this.pausing = false;
    this.reconnector.stop();
    this.owner.clear('reconnecting');
    this.owner.clear('server');
  }
}

/** Something was damaged on its way, or seemed so to the server: that says little of the next time. */
function isBadAnswer(error: FloError, how: Failure, isKnown: boolean): boolean {
  const isMismatch = error instanceof ProtocolMismatchError;
  const cause = isMismatch ? error.cause : error;
  // Who has given a good answer before, on this connection or another one, speaks the same protocol.
  if (cause instanceof ProtocolError && (isKnown || !isMismatch)) return true;
  const kinds = [InvalidChecksumError, IncompleteResponseError, PayloadTooLargeError];
  if (kinds.some((kind) => cause instanceof kind)) return true;
  return how !== 'refused' && cause instanceof BadRequestError;
}
