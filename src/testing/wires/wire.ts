import type { Legend, MarbleEvent, Recording } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import { meansEvent } from './matches.js';
import type { WireEvent } from './wire-event.js';

/** An event of a {@link Wire}. */
export interface WireMoment extends MarbleEvent {
  readonly value: WireEvent;
}

/** A part of what happened on a wire. */
export interface WireRecording extends Recording {
  readonly events: readonly WireMoment[];
  readonly legend: Legend;
  matches(actual: unknown, expected: unknown): boolean;
}

/** What happens on the wire between clients and a server, as it looks at the clients' end. */
export class Wire implements WireRecording {
  readonly name: string;
  readonly events: WireMoment[] = [];
  readonly legend: Legend;
  readonly matches: WireRecording['matches'] = meansEvent;
  private readonly run: MarbleRun;
  private readonly listeners = new Set<(moment: WireMoment) => void>();

  /** @internal */
  constructor(name: string, legend: Legend, run: MarbleRun) {
    this.name = name;
    this.legend = legend;
    this.run = run;
  }

  /** What the clients did: each frame when it was written, and connecting and closing. */
  get sent(): WireRecording {
    return this.part('sent by the clients', ({ value }) => value.direction === 'sent');
  }

  /** What reached the clients: each frame when its last byte came, and connections that opened or were lost. */
  get received(): WireRecording {
    return this.part('received by the clients', ({ value }) => value.direction === 'received');
  }

  /** The n-th connection alone, from 1. */
  connection(n: number): WireRecording {
    return this.part(`connection ${n}`, ({ value }) => value.connection === n);
  }

  /** Events of these names alone, which may be written as their letters: `only('Touch', 'Ack')`, `only('T', 'A')`. */
  only(...names: readonly string[]): WireRecording {
    const wanted = new Set(names.map((name) => this.legend[name] ?? name));
    return this.part(`only ${names.join(', ')}`, ({ value }) => wanted.has(value.name));
  }

  /** Forgets what has been noted so far; connections go on being counted. */
  clear(): void {
    this.events.length = 0;
  }

  /** @internal Virtual milliseconds since the run began. */
  protected get nowMs(): number {
    return this.run.nowMs;
  }

  /** @internal */
  note(value: WireEvent, words: string): void {
    this.run.worked();
    const moment: WireMoment = { atMs: this.run.nowMs, kind: 'next', value, words };
    this.events.push(moment);
    for (const listener of this.listeners) listener(moment);
  }

  /**
   * Calls `listener` with each event from now on: before what is sent is written, before the client is told of what it
   * receives. The returned function ends that.
   */
  onEvent(listener: (moment: WireMoment) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private part(what: string, belongs: (moment: WireMoment) => boolean): WireRecording {
    return new WirePart(this, what, belongs);
  }
}

/** Looks anew at the whole wire each time: it is asked when the run is over. */
class WirePart implements WireRecording {
  readonly name: string;

  constructor(
    private readonly whole: WireRecording,
    what: string,
    private readonly belongs: (moment: WireMoment) => boolean,
  ) {
    this.name = `${whole.name}, ${what}`;
  }

  get events(): readonly WireMoment[] {
    return this.whole.events.filter(this.belongs);
  }

  get legend(): Legend {
    return this.whole.legend;
  }

  matches(actual: unknown, expected: unknown): boolean {
    return meansEvent(actual, expected);
  }
}
