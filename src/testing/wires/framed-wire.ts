import type { Legend } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import type { MeasureFrame } from './frame-cutter.js';
import { Wire } from './wire.js';
import type { WireEvent } from './wire-event.js';

/** Where and when a frame was seen. */
export interface FrameSighting {
  readonly atMs: number;
  /** The how-manieth connection, from 1. */
  readonly connection: number;
  readonly direction: WireEvent['direction'];
}

/** What a frame is. */
export interface FrameReading<F> {
  readonly name: string;
  /** What tests may compare beside the name. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** For people; asked for when a picture is drawn. */
  words(): string;
  /** As the system knows it. */
  readonly frame: F;
}

/** Reads the frames of one connection, in order, each of them whole. Throws at what is none of its system. */
export interface ConversationReader<F> {
  sent(bytes: Uint8Array): FrameReading<F>;
  received(bytes: Uint8Array): FrameReading<F>;
}

/** What a tap must know of a system. */
export interface FrameSystem<F> {
  readonly name: string;
  readonly letters: Legend;
  readonly measure: MeasureFrame;
  newConversation(): ConversationReader<F>;
}

/** A {@link Wire} that carries frames over connections. */
export class FramedWire<F = unknown> extends Wire {
  /** All whole frames, in the order in which they were written or came. */
  readonly frames: (F & FrameSighting)[] = [];
  /** How many connections there have been. */
  connections = 0;
  /** How many of them neither side has ended. */
  open = 0;

  /** @internal */
  constructor(system: FrameSystem<F>, run: MarbleRun) {
    super(`wire of ${system.name}`, system.letters, run);
  }

  /** When each connection was asked for, in milliseconds. */
  get connectedAtMs(): number[] {
    return this.events.filter(({ value }) => value.name === 'connect').map(({ atMs }) => atMs);
  }

  override clear(): void {
    super.clear();
    this.frames.length = 0;
  }

  /** @internal */
  noteFrame(reading: FrameReading<F>, direction: WireEvent['direction'], connection: number): void {
    const { name, fields, frame } = reading;
    this.frames.push({ ...frame, atMs: this.nowMs, connection, direction });
    this.note({ ...fields, name, direction, connection }, () => onConnection(reading.words(), connection));
  }
}

/** Which connection it was is said where there are several. */
export function onConnection(words: string, connection: number): string {
  return connection === 1 ? words : `${words} on connection ${connection}`;
}
