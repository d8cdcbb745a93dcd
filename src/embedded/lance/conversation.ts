import { Subscription } from 'rxjs';
import { ErrorText } from '../../codecs/lance/error-texts.js';
import { InvalidFrameError } from '../../codecs/lance/errors.js';
import { keepaliveFrame } from '../../codecs/lance/frames.js';
import { commandOf, FrameKind, HEADER_BYTES, type Header } from '../../codecs/lance/header.js';
import { clock } from '../../foundation/clock.js';
import type { ServerEnd, ServerEvents } from '../../transports/server-end.js';
import { StorageError } from '../errors.js';
import { ackFrames } from './acks.js';
import { answer, type Session } from './commands.js';
import type { LanceCore } from './core.js';
import type { Reply } from './fetch-reply.js';
import { acceptIngest, type PendingIngest } from './ingest.js';
import { Intake, type IncomingFrame } from './intake.js';
import { ReadChunk } from './read-chunk.js';

const HEADER_CRC_AT = 8;
const PAYLOAD_CRC_AT = 36;
/** Whatever a keepalive carries, the echo is this (section 16.3). */
const ECHO = keepaliveFrame();

/**
 * One connection. Works in rounds, as section 1.3 describes: everything that has been read is dispatched and answered
 * in order, then the ingests among it are awaited and acknowledged, and only then does it look at what came meanwhile.
 * Stands still while its peer does not read.
 */
export class Conversation implements ServerEvents, Session {
  readonly #core: LanceCore;
  readonly #end: ServerEnd;
  readonly #intake: Intake;
  readonly #chunk: ReadChunk;
  #pending: PendingIngest[] = [];
  /** Something must pass before the next frame: the acks of this round, or a delayed reply. */
  #waiting: Subscription | undefined;
  /** The peer does not take what was written. */
  #blocked = false;
  /** What has been written and makes it wait. */
  #unreadBytes = 0;
  #paused = false;
  #finished = false;
  #open = true;
  authenticated = false;

  constructor(core: LanceCore, end: ServerEnd) {
    this.#core = core;
    this.#end = end;
    this.#intake = new Intake(core.behaviour.maxPayloadBytes);
    this.#chunk = new ReadChunk(core.behaviour.readChunkBytes);
  }

  received(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#core.tally.bytesIn += bytes.length;
    this.#intake.push(bytes);
    if (this.#ready()) this.#proceed();
    // What comes while acks are awaited is the next round, which may be as large as this one.
    else if (this.#blocked || this.#intake.waiting >= this.#chunk.bytes) this.#pause();
  }

  drained(): void {
    this.#blocked = false;
    this.#forgetUnread();
    this.#proceed();
  }

  ended(): void {
    this.#finished = true;
    this.#proceed();
  }

  closed(): void {
    this.#forgetUnread();
    this.#leave();
    this.#core.left(this);
  }

  /** Drops the connection at once. What it had sent in full stays in effect. */
  drop(): void {
    if (!this.#open) return;
    this.#leave();
    this.#end.destroy();
  }

  /** Sends a frame, unless the connection is gone. */
  send(frame: Reply): void {
    if (!this.#open) return;
    let bytes = 0;
    for (const part of frame instanceof Uint8Array ? [frame] : frame) {
      bytes += part.length;
      if (!this.#end.write(part)) this.#blocked = true;
    }
    this.#core.tally.bytesOut += bytes;
    if (!this.#blocked) return;
    this.#unreadBytes += bytes;
    this.#core.unread.add(bytes);
  }

  #ready(): boolean {
    return this.#open && !this.#blocked && this.#waiting === undefined;
  }

  #proceed(): void {
    while (this.#ready() && !(this.#pending.length > 0 && this.#chunk.full)) {
      const frame = this.#take();
      if (frame === undefined) break;
      this.#chunk.took(HEADER_BYTES + frame.payload.length);
      this.#dispatch(frame);
    }
    if (!this.#ready()) return;
    this.#chunk.begin();
    if (this.#pending.length > 0) this.#wait(this.#ackDelayMs(), () => this.#settle());
    else if (this.#finished) this.#finish();
    else this.#resume();
  }

  #take(): IncomingFrame | undefined {
    try {
      return this.#intake.next();
    } catch (error) {
      if (!(error instanceof InvalidFrameError)) throw error;
      this.#core.tally.brokenFrames++;
      // Answers already given still arrive; acks of this round are lost, and no error is sent.
      this.#finish();
      return undefined;
    }
  }

  #dispatch({ header, payload }: IncomingFrame): void {
    const { tally } = this.#core;
    tally.frames[header.kind]++;
    if (header.kind === FrameKind.Control) this.#control(header, payload);
    else if (header.kind === FrameKind.Keepalive) this.send(ECHO);
    else if (header.kind === FrameKind.Ingest) this.#ingest(header, payload);
  }

  #ingest(header: Header, payload: Uint8Array): void {
    try {
      const outcome = acceptIngest(this.#core, this, header, payload);
      if (outcome instanceof Uint8Array) this.send(outcome);
      else if (outcome !== undefined) this.#pending.push(outcome);
    } catch (error) {
      this.#storageFailed(error);
    }
  }

  #control(header: Header, payload: Uint8Array): void {
    const { faults, tally } = this.#core;
    const command = commandOf(header);
    tally.commands.set(command, (tally.commands.get(command) ?? 0) + 1);
    const reply = answer(this.#core, this, command, payload);
    if (faults.takeSwallowedReply()) return;
    if (faults.takeCorruption()) spoil(reply);
    const delayMs = faults.takeDelayMs();
    if (delayMs > 0) this.#wait(delayMs, () => this.send(reply));
    else this.send(reply);
  }

  /** The ingests of this round are now stored for all to see, and will be acknowledged when that can be promised. */
  #settle(): void {
    const pending = this.#reveal();
    if (!this.#open) return;
    if (!this.#core.topics.storage.syncs) return this.#acknowledge(pending);
    const logs = new Set(pending.map(({ log }) => log));
    const promised = new Subscription();
    let left = logs.size;
    this.#waiting = promised;
    for (const log of logs) {
      const synced = (failure?: unknown): void => {
        if (this.#waiting !== promised) return;
        if (failure !== undefined) return this.drop();
        if (--left === 0) this.#acknowledge(pending);
      };
      if (log === undefined) synced();
      else log.sync(synced);
    }
  }

  /** All of them in one go. */
  #acknowledge(pending: readonly PendingIngest[]): void {
    const { faults } = this.#core;
    this.#waiting = undefined;
    if (faults.takeDropBeforeAck()) return this.drop();
    if (faults.takeQuorumMiss()) this.send(this.#core.error(ErrorText.quorumMissed));
    else this.#ack(pending);
    if (faults.takeDropAfterAck()) this.#finish();
    this.#proceed();
  }

  #ack(pending: readonly PendingIngest[]): void {
    const { faults, tally } = this.#core;
    const acked = pending.filter(() => !faults.takeSwallowedAck());
    tally.acks += acked.length;
    if (acked.length > 0) this.send(ackFrames(acked));
  }

  #ackDelayMs(): number {
    return this.#core.behaviour.ackDelayMs + this.#core.faults.takeAckDelayMs();
  }

  #reveal(): PendingIngest[] {
    const pending = this.#pending;
    this.#pending = [];
    try {
      // Backwards, so that each topic has to do it once.
      for (let i = pending.length - 1; i >= 0; i--) pending[i]?.log?.reveal(pending[i]?.logEnd ?? 0);
    } catch (error) {
      this.#storageFailed(error);
    }
    return pending;
  }

  /** The genuine server closes the connection without a word, and the client can't know what became of its batch. */
  #storageFailed(error: unknown): void {
    if (!(error instanceof StorageError)) throw error;
    this.drop();
  }

  #wait(delayMs: number, then: () => void): void {
    this.#waiting = clock.after(delayMs, () => {
      this.#waiting = undefined;
      then();
      this.#proceed();
    });
  }

  #forgetUnread(): void {
    this.#core.unread.remove(this.#unreadBytes);
    this.#unreadBytes = 0;
  }

  #pause(): void {
    if (this.#paused || !this.#open) return;
    this.#paused = true;
    this.#end.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#end.resume();
  }

  /** Ends in order: what was written still arrives. */
  #finish(): void {
    if (!this.#open) return;
    this.#leave();
    this.#end.end();
  }

  #leave(): void {
    this.#open = false;
    this.#waiting?.unsubscribe();
    this.#waiting = undefined;
    this.#reveal();
  }
}

/** Makes a reply's checksum wrong: that of the payload, or of the header if there is none. */
function spoil(reply: Reply): void {
  const frame = reply instanceof Uint8Array ? reply : reply[0];
  if (frame === undefined) return;
  const at = frame.length > HEADER_BYTES ? PAYLOAD_CRC_AT : HEADER_CRC_AT;
  frame[at] = (frame[at] ?? 0) ^ 1;
}
