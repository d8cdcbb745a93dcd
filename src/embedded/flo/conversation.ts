import type { Subscription } from 'rxjs';
import { ProtocolError } from '../../codecs/flo/errors.js';
import { clock } from '../../foundation/clock.js';
import type { ServerEnd, ServerEvents } from '../../transports/server-end.js';
import type { FloCore } from './core.js';
import { countUp } from './counters.js';
import { Intake, type Incoming } from './intake.js';
import type { Parked } from './parking.js';
import { rejection } from './rejection.js';

/** How many requests of one connection may be unanswered before it is no longer read. */
const MOST_OWED = 1024;
/** What is answered to what can't be read. */
const BAD_REQUEST = 3;

/**
 * One connection. Requests are carried out in order as they come; answers leave when they are ready. Stands still while
 * its peer does not read, or while it is owed too much; what waits goes on waiting then and is not handed anything.
 */
export class Conversation implements ServerEvents {
  /** Its requests that wait for something to happen. */
  readonly parked = new Set<Parked>();
  readonly #core: FloCore;
  readonly #end: ServerEnd;
  readonly #intake: Intake;
  readonly #timers = new Set<Subscription>();
  #owed = 0;
  /** The peer does not take what was written. */
  #blocked = false;
  #paused = false;
  #working = false;
  #finished = false;
  #open = true;

  constructor(core: FloCore, end: ServerEnd) {
    this.#core = core;
    this.#end = end;
    this.#intake = new Intake(core.codecs, core.behaviour.maxPayloadBytes);
  }

  /** Whether its peer still wants answers to requests that wait: one that has ended its side may be gone altogether. */
  get waits(): boolean {
    return this.#open && !this.#finished;
  }

  /** Whether an answer would leave at once. */
  get takes(): boolean {
    return this.waits && !this.#blocked;
  }

  received(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#core.tally.bytesIn += bytes.length;
    this.#intake.push(bytes);
    this.#proceed();
  }

  drained(): void {
    this.#blocked = false;
    for (const parked of this.parked) {
      if (this.#blocked) break;
      parked.attempt();
    }
    this.#proceed();
  }

  ended(): void {
    this.#finished = true;
    for (const parked of this.parked) parked.giveUp();
    this.#proceed();
  }

  closed(): void {
    this.#leave();
    this.#core.left(this);
  }

  /** Drops the connection at once. What its requests have done stays done. */
  drop(): void {
    if (!this.#open) return;
    this.#leave();
    this.#end.destroy();
  }

  /** Ends in order: what was written still arrives. */
  finish(): void {
    if (!this.#open) return;
    this.#leave();
    this.#end.end();
  }

  /** Sends a frame, unless the connection is gone. */
  send(frame: Uint8Array): void {
    if (!this.#open) return;
    this.#core.tally.bytesOut += frame.length;
    if (!this.#end.write(frame)) this.#blocked = true;
  }

  /** A request has come that will be answered. */
  owe(): void {
    this.#owed++;
  }

  /** A request has been answered. */
  settle(): void {
    this.#owed--;
    this.#proceed();
  }

  /** Runs `then` later, if the connection lives that long. */
  later(delayMs: number, then: () => void): void {
    if (!this.#open) return;
    const timer = clock.after(delayMs, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
  }

  get #ready(): boolean {
    return this.#open && !this.#blocked && this.#owed < MOST_OWED;
  }

  #proceed(): void {
    if (this.#working) return;
    this.#working = true;
    while (this.#ready) {
      const incoming = this.#intake.next();
      if (incoming === undefined) break;
      this.#dispatch(incoming);
    }
    this.#working = false;
    this.#core.setAlarm();
    if (this.#ready) this.#resume();
    else this.#pause();
    if (this.#ready && this.#finished && this.#owed === 0) this.finish();
  }

  #dispatch(incoming: Incoming): void {
    if ('answer' in incoming) return this.#reject(incoming.answer);
    const { codec, head, payload } = incoming;
    const { faults, tally } = this.#core;
    const operation = this.#core.operation(codec, head.opcode);
    tally.frames[codec.protocol]++;
    countUp(tally.requests, operation.name);
    if (faults.take('reject', operation.name)) return this.#reject(rejection(codec));
    const asked = { conversation: this, codec, id: head.id };
    const failure = faults.takeFailure(operation.name);
    if (failure !== undefined) return operation.refuse(asked, failure);
    this.#core.advance();
    try {
      operation.carryOut(asked, payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reject(rejection(codec));
    }
  }

  /** The genuine server answers what it can't read with id 0, and hangs up (flo.md 2.4). */
  #reject(answer: Uint8Array): void {
    this.#core.tally.brokenFrames++;
    countUp(this.#core.tally.answers, BAD_REQUEST);
    this.send(answer);
    this.finish();
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

  #leave(): void {
    this.#open = false;
    this.#intake.clear();
    for (const timer of this.#timers) timer.unsubscribe();
    this.#timers.clear();
    for (const parked of this.parked) this.#core.parking.remove(parked);
    this.parked.clear();
    this.#core.setAlarm();
  }
}
