import { clock } from '../../src/foundation/clock.js';
import type { MarbleEvent, Recording } from '../../src/testing.js';
import { MemoryListener } from '../../src/transports/memory.js';
import type { ServerEnd, ServerEvents } from '../../src/transports/server-end.js';
import { Recorder } from './recorder.js';

/** Runs `then` at a virtual time. */
export const at = (frame: number, then: () => void): unknown => clock.after(frame - clock.now(), then);
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
export const bytes = (words: string): Uint8Array => Buffer.from(words);

/** A listener and what both ends are told, and when: UPPER case letters are told to the server, others to the client. */
export class Scene implements Recording {
  readonly name = 'scene';
  readonly events: MarbleEvent[] = [];
  readonly legend = {
    A: 'server accepted',
    D: 'server drained',
    E: 'server ended',
    X: 'server closed',
    o: 'client opened',
    d: 'client drained',
    x: 'client closed in order',
    r: 'client closed ECONNRESET',
    f: 'client closed ECONNREFUSED',
  };
  readonly ends: ServerEnd[] = [];
  readonly listener: MemoryListener;

  constructor(server: Partial<ServerEvents> | ((end: ServerEnd) => Partial<ServerEvents>) = {}) {
    this.listener = new MemoryListener((end) => {
      this.ends.push(end);
      this.note('server accepted');
      const events = typeof server === 'function' ? server(end) : server;
      const tell = (event: 'drained' | 'ended' | 'closed') => () => {
        this.note(`server ${event}`);
        events[event]?.();
      };
      return {
        received: (chunk) => {
          this.note(`server ${chunk.length > 20 ? chunk.length : text(chunk)}`);
          events.received?.(chunk);
        },
        drained: tell('drained'),
        ended: tell('ended'),
        closed: tell('closed'),
      };
    });
    this.listener.open();
  }

  connect(latencyMs = 0, recorder = new Recorder()): Recorder {
    recorder.onOpened = () => this.note('client opened');
    recorder.onReceived = (chunk) => this.note(`client ${chunk.length > 20 ? chunk.length : text(chunk)}`);
    recorder.onDrained = () => this.note('client drained');
    recorder.onClosed = (error) => {
      const errno = error?.context['errno'] ?? error?.code;
      this.note(`client closed ${typeof errno === 'string' ? errno : 'in order'}`);
    };
    return recorder.connect(this.listener.connector({ latencyMs }));
  }

  note(value: string): void {
    this.events.push({ atMs: clock.now(), kind: 'next', value });
  }

  /** What happened, in order. */
  get told(): unknown[] {
    return this.events.map(({ value }) => value);
  }
}
