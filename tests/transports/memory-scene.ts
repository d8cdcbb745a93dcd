import { TestScheduler } from 'rxjs/testing';
import { clock } from '../../src/foundation/clock.js';
import { MemoryListener } from '../../src/transports/memory.js';
import type { ServerEnd, ServerEvents } from '../../src/transports/server-end.js';
import { Recorder } from './recorder.js';

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
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
export const bytes = (words: string): Uint8Array => Buffer.from(words);

/** A listener and what happens around it, with the virtual time of each event. */
export class Scene {
  readonly timeline: string[] = [];
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

  note(event: string): void {
    this.timeline.push(`${clock.now()} ${event}`);
  }
}
