import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { milliseconds } from '../../foundation/check.js';
import { ChannelError } from '../../transports/channel-error.js';
import { AnswerCutOffError } from '../../transports/http/errors.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import type { MarbleRun } from '../run/marble-run.js';
import { objectIn } from '../wires/http-wire.js';
import { Steps } from '../wires/steps.js';
import type { StorePlace } from './lightning-clients.js';
import type { LightningScript } from './lightning-peer.js';
import { LIGHTNING } from './store-exchanges.js';

/** A request that reached a scripted store. */
export interface AskedStore {
  /** When it reached the store, in milliseconds. */
  readonly atMs: number;
  /** What is asked for, such as `enqueue`. */
  readonly name: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** As JSON; empty if there is none, or another one than an object. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly request: HttpRequest;
}

/** What a scripted store does about a request. */
export type StoreAnswer =
  | {
      readonly status: number;
      /** As JSON; a string is sent as it is. Default: nothing. */
      readonly body?: unknown;
      /** Default `application/json`. */
      readonly contentType?: string | undefined;
      /** How long the store thinks about it, in milliseconds. Default 0. */
      readonly afterMs?: number | undefined;
    }
  /** Nobody listens. */
  | 'refused'
  /** The connection breaks before anything has come back. */
  | 'reset'
  /** The connection breaks in the middle of the answer. */
  | 'cut off'
  /** Nothing comes back. */
  | 'silent';

type Outcome = (events: HttpEvents) => void;

/** Answers requests as a script says. */
export class ScriptedStore implements Requester {
  readonly origin = 'http://memory';
  readonly asked: AskedStore[] = [];
  readonly place: StorePlace = {
    requester: this,
    stop: () => (this.listens = false),
    start: () => (this.listens = true),
  };
  private listens = true;
  private readonly answerTo: (asked: AskedStore) => StoreAnswer;

  constructor(
    script: LightningScript,
    private readonly run: MarbleRun,
    private readonly latencyMs: number,
  ) {
    milliseconds('latencyMs', latencyMs);
    this.answerTo = typeof script === 'function' ? script : inSteps(script, run);
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    let timer: Subscription = clock.after(this.latencyMs, () => {
      const answer = this.arrived(request);
      if (answer === 'silent') return;
      const thinkingMs = typeof answer === 'object' ? (answer.afterMs ?? 0) : 0;
      const outcome = this.outcomeOf(answer);
      timer = clock.after(this.latencyMs + thinkingMs, () => outcome(events));
    });
    return () => timer.unsubscribe();
  }

  /** Each client closes its own part. */
  close(): void {}

  private arrived(request: HttpRequest): StoreAnswer {
    if (!this.listens) return 'refused';
    const { method, path, body } = request;
    const { name } = LIGHTNING.asked(request);
    const asked = { atMs: this.run.nowMs, name, method, path, body: objectIn(body), request };
    this.asked.push(asked);
    return this.answerTo(asked);
  }

  private outcomeOf(answer: Exclude<StoreAnswer, 'silent'>): Outcome {
    const { origin } = this;
    if (answer === 'cut off') return (events) => events.failed(new AnswerCutOffError(origin));
    if (answer === 'reset' || answer === 'refused') {
      const failure =
        answer === 'reset' ? { code: 'ECONNRESET', syscall: 'read' } : { code: 'ECONNREFUSED', syscall: 'connect' };
      return (events) => events.failed(ChannelError.of(origin, failure));
    }
    const { status, body = '', contentType = 'application/json' } = answer;
    const bytes = new Uint8Array(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
    return (events) => events.answered({ status, contentType, body: bytes });
  }
}

function inSteps(
  script: Exclude<LightningScript, (asked: AskedStore) => StoreAnswer>,
  run: MarbleRun,
): (asked: AskedStore) => StoreAnswer {
  const steps = new Steps(script, run, 'lightningPeer');
  return ({ request }) => {
    const { name, fields, words } = LIGHTNING.asked(request);
    return steps.next({ ...fields, name }, () => words)[0] ?? 'silent';
  };
}
