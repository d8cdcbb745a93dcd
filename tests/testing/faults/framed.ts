import { TestScheduler } from 'rxjs/testing';
import { clock } from '../../../src/foundation/clock.js';
import { FaultyConnector } from '../../../src/testing/faults/faulty-connector.js';
import type { Measure } from '../../../src/testing/faults/frame-faults.js';
import type { FrameMeasures } from '../../../src/testing/faults/faulty-channel.js';
import type { Connector } from '../../../src/transports/channel.js';
import { MemoryListener } from '../../../src/transports/memory.js';
import type { ServerEnd } from '../../../src/transports/server-end.js';
import { Recorder } from '../../transports/recorder.js';

/** Frames of a protocol for tests: a digit says how many characters follow; anything else begins no frame. */
export const digits: Measure = (bytes, start, end) => {
  if (start === end) return undefined;
  const size = (bytes[start] ?? 0) - 48;
  if (size < 0 || size > 9) throw new Error('not a frame');
  return 1 + size;
};

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Runs `body`, and all the timers that it leaves, in virtual time; returns when the last of them ran. */
export function virtually(body: () => void): number {
  const scheduler = new TestScheduler(() => {
    throw new Error('no marbles here');
  });
  scheduler.run(body);
  return scheduler.frame;
}

/** Runs `then` at a virtual time. */
export const at = (frame: number, then: () => void): unknown => clock.after(frame - clock.now(), then);

/** A server in memory, a client of it, and what either is told, with its time. */
export class Line {
  readonly timeline: string[] = [];
  readonly listener: MemoryListener;
  readonly connector: Connector;
  readonly faulty: FaultyConnector;
  readonly client: Recorder;
  server: ServerEnd | undefined;
  serverGot = '';

  /** The client connects at once. */
  constructor({
    latencyMs = 10,
    measures = { sent: digits, received: digits },
    plain = false,
    targetBytes = 64 * 1024,
    connect = true,
  }: { latencyMs?: number; measures?: FrameMeasures; plain?: boolean; targetBytes?: number; connect?: boolean } = {}) {
    this.listener = new MemoryListener((end) => {
      this.server = end;
      this.note('server accepted');
      return {
        received: (chunk) => {
          this.serverGot += Buffer.from(chunk).toString();
          this.note(`server ${shown(chunk)}`);
        },
        drained: () => this.note('server drained'),
        ended: () => this.note('server ended'),
        closed: () => this.note('server closed'),
      };
    });
    this.listener.open();
    const inner = this.listener.connector({ latencyMs });
    this.faulty = new FaultyConnector(inner, measures);
    this.connector = plain ? inner : this.faulty;
    this.client = this.recorder(targetBytes);
    if (connect) this.client.connect(this.connector);
  }

  /** A client that has not connected yet. */
  recorder(targetBytes = 64 * 1024, name = 'client'): Recorder {
    const recorder = new Recorder(targetBytes);
    recorder.onOpened = () => this.note(`${name} opened`);
    recorder.onReceived = (chunk) => this.note(`${name} ${shown(chunk)}`);
    recorder.onDrained = () => this.note(`${name} drained`);
    recorder.onClosed = (error) => {
      const errno = error?.context['errno'] ?? error?.code;
      this.note(`${name} closed ${typeof errno === 'string' ? errno : 'in order'}`);
    };
    return recorder;
  }

  note(event: string): void {
    this.timeline.push(`${clock.now()} ${event}`);
  }

  /** What happened from this moment on. */
  since(atMs: number): string[] {
    return this.timeline.filter((entry) => Number.parseInt(entry, 10) >= atMs);
  }
}

function shown(chunk: Uint8Array): string {
  return chunk.length > 40 ? `${chunk.length}` : Buffer.from(chunk).toString();
}
