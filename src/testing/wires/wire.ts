import { integerIn } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { Legend, MarbleEvent, Recording } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import { meansEvent } from './matches.js';
import type { WireEvent } from './wire-event.js';

/** An event of a {@link Wire}. */
export interface WireMoment extends MarbleEvent {
  readonly value: WireEvent;
}

/** What happened on a wire, or a part of it. */
export abstract class WireRecording implements Recording {
  abstract readonly name: string;
  abstract readonly events: readonly WireMoment[];
  abstract readonly legend: Legend;

  /** What the clients did: each frame when it was written, and connecting and closing. */
  get sent(): WireRecording {
    return new WirePart(this, 'sent by the clients', ({ value }) => value.direction === 'sent');
  }

  /** What reached the clients: each frame when its last byte came, and connections that opened or were lost. */
  get received(): WireRecording {
    return new WirePart(this, 'received by the clients', ({ value }) => value.direction === 'received');
  }

  /** The n-th connection alone, from 1. */
  connection(n: number): WireRecording {
    integerIn('wire.connection', n, 1, Number.MAX_SAFE_INTEGER);
    return new WirePart(this, `connection ${n}`, ({ value }) => value.connection === n);
  }

  /**
   * Events of these names alone, which may be written as their letters: `only('Touch', 'Ack')`, `only('T', 'A')`.
   *
   * @throws {@link InvalidOptionError} for a name that nothing on this wire has.
   */
  only(...names: readonly string[]): WireRecording {
    const { legend } = this;
    const known = [...Object.values(legend).map(String), ...Object.keys(legend)];
    onlyKnown<Record<string, true>>('only', marked(names), marked(known));
    const wanted = new Set(names.map((name) => legend[name] ?? name));
    return new WirePart(this, `only ${names.join(', ')}`, ({ value }) => wanted.has(value.name));
  }

  /** How a test compares less of it at once. */
  get parts(): string {
    return "wire.only('…'), wire.connection(1), toBe({ sent: '…', received: '…' }); or choose a larger latencyMs";
  }

  matches(actual: unknown, expected: unknown): boolean {
    return meansEvent(actual, expected);
  }
}

function marked(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true]));
}

/** What happens on the wire between clients and a server, as it looks at the clients' end. */
export class Wire extends WireRecording {
  readonly name: string;
  readonly events: WireMoment[] = [];
  readonly legend: Legend;
  // Truly private: whoever prints a wire wants none of the run.
  readonly #run: MarbleRun;
  readonly #listeners = new Set<(moment: WireMoment) => void>();

  /** @internal */
  constructor(name: string, legend: Legend, run: MarbleRun) {
    super();
    this.name = name;
    this.legend = legend;
    this.#run = run;
  }

  /** Forgets what has been noted so far; connections go on being counted. */
  clear(): void {
    this.events.length = 0;
  }

  /**
   * Calls `listener` with each event from now on: before what is sent is written, before the client is told of what it
   * receives. The returned function ends that.
   */
  onEvent(listener: (moment: WireMoment) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @internal */
  note(value: WireEvent, words: string | (() => string)): void {
    this.#run.worked();
    const moment = new NotedMoment(this.nowMs, value, words);
    this.events.push(moment);
    for (const listener of this.#listeners) listener(moment);
  }

  /** @internal Virtual milliseconds since the run began. */
  protected get nowMs(): number {
    return this.#run.nowMs;
  }
}

/** A class: there may be very many, and an object with a getter of its own takes a kilobyte. */
class NotedMoment implements WireMoment {
  readonly kind = 'next';
  readonly #words: string | (() => string);

  constructor(
    readonly atMs: number,
    readonly value: WireEvent,
    words: string | (() => string),
  ) {
    this.#words = words;
  }

  get words(): string {
    return typeof this.#words === 'string' ? this.#words : this.#words();
  }
}

/** Looks anew at the whole wire each time: it is asked when the run is over. */
class WirePart extends WireRecording {
  readonly name: string;
  readonly #whole: WireRecording;
  readonly #belongs: (moment: WireMoment) => boolean;

  constructor(whole: WireRecording, what: string, belongs: (moment: WireMoment) => boolean) {
    super();
    this.name = `${whole.name}, ${what}`;
    this.#whole = whole;
    this.#belongs = belongs;
  }

  get events(): readonly WireMoment[] {
    return this.#whole.events.filter(this.#belongs);
  }

  get legend(): Legend {
    return this.#whole.legend;
  }
}
