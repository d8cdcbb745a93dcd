import type { Socket } from 'node:net';
import { HIGH_WATER_MARK } from '../transports/high-water-mark.js';
import type { ServerEnd, ServerEvents } from '../transports/server-end.js';

/**
 * A server's end of a connection over a Node socket that allows its halves to end one by one. What is written in answer
 * to one event leaves in one system call.
 */
export class SocketEnd implements ServerEnd {
  readonly #socket: Socket;
  readonly #events: ServerEvents;
  #over = false;
  #waiting = false;

  constructor(socket: Socket, accept: (end: ServerEnd) => ServerEvents) {
    this.#socket = socket;
    socket
      .on('data', (bytes) => this.#tell((events) => events.received(bytes)))
      .on('drain', () => this.#drained())
      .once('end', () => this.#tell((events) => events.ended()))
      // What it was does not matter to a server; 'close' follows.
      .on('error', () => {})
      .once('close', () => {
        this.#over = true;
        this.#events.closed();
      });
    this.#events = accept(this);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    const socket = this.#socket;
    socket.write(bytes);
    // Node asks for a pause even when the system has taken everything; what counts is what still waits.
    if (!socket.writableNeedDrain || socket.writableLength < HIGH_WATER_MARK) return true;
    this.#waiting = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#over) this.#socket.resume();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #drained(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#tell((events) => events.drained());
  }

  #tell(event: (events: ServerEvents) => void): void {
    if (this.#over) return;
    this.#socket.cork();
    event(this.#events);
    this.#socket.uncork();
  }
}
