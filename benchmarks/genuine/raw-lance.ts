import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { controlFrame, HEADER_BYTES } from '../fake-server/frames.js';
import { answerWithin } from '../harness/answer-within.js';

const Command = { create: 0x01, delete: 0x02, list: 0x03, fetch: 0x10 } as const;
const Reply = { fetch: 0x11, topic: 0x80 } as const;
const FETCH_HEAD_BYTES = 16;

/** Where acknowledgements, which are no commands, have their kind. */
const FLAGS_AT = 5;
const ACK = 0x08;
/** How long a server may be silent that was asked for something. */
const PATIENCE_MS = 30_000;

/**
 * A few commands, one at a time, written without the library: what verifies it must not be it. A server that says nothing for
 * too long fails what waits for it, and everything after that.
 */
export class RawLance {
  private received = Buffer.alloc(0);
  private arrived: (() => void) | undefined;
  /** Why nothing arrives any more. */
  private over: string | undefined;
  /** What was the first to wait in vain. */
  private failure: Error | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly name: string,
    private readonly patienceMs: number,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.arrived?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.over ??= `${name} closed the connection`;
      this.arrived?.();
    });
  }

  static async open(host: string, port: number, patienceMs = PATIENCE_MS): Promise<RawLance> {
    const socket = connect({ host, port, noDelay: true });
    const name = `${host}:${port}`;
    try {
      await answerWithin(patienceMs, `the connection to ${name}`, once(socket, 'connect'));
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new RawLance(socket, name, patienceMs);
  }

  async createTopic(name: string): Promise<number> {
    const what = `the creation of topic ${name}`;
    const payload = await this.ask(Command.create, Buffer.from(name), Reply.topic, what);
    return (JSON.parse(payload.toString()) as { id: number }).id;
  }

  async topicId(name: string): Promise<number> {
    const payload = await this.ask(Command.list, Buffer.alloc(0), Reply.topic, 'the list of topics');
    const { topics } = JSON.parse(payload.toString()) as { topics: { id: number; name: string }[] };
    const topic = topics.find((one) => one.name === name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic.id;
  }

  async deleteTopic(id: number): Promise<void> {
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(id);
    await this.ask(Command.delete, payload, Reply.topic, `the deletion of topic ${id}`);
  }

  /** At most `maxBytes` from `start` on; nothing at the end. */
  async fetch(topic: number, start: number, maxBytes: number): Promise<Buffer> {
    const request = Buffer.alloc(FETCH_HEAD_BYTES);
    request.writeUInt32LE(topic);
    request.writeBigUInt64LE(BigInt(start), 4);
    request.writeUInt32LE(maxBytes, 12);
    const payload = await this.ask(Command.fetch, request, Reply.fetch, `a fetch from ${start} of topic ${topic}`);
    return payload.subarray(FETCH_HEAD_BYTES);
  }

  /** Sends an ingest; each one is to be followed by a call of {@link acknowledgement}. */
  write(ingest: Buffer): void {
    this.socket.write(ingest);
  }

  /** Resolves when the server has taken the oldest ingest that it had not acknowledged, which is `what`. */
  async acknowledgement(what: string): Promise<void> {
    const { header, payload } = await this.answer(`the acknowledgement of ${what}`);
    if ((header[FLAGS_AT]! & ACK) === 0) throw new Error(`${what} was answered with: ${payload.toString()}`);
  }

  close(): void {
    this.socket.destroy();
  }

  private async ask(command: number, payload: Buffer, expected: number, what: string): Promise<Buffer> {
    this.socket.write(controlFrame(command, payload));
    const { header, payload: answer } = await this.answer(`the answer to ${what}`);
    if (header[12] !== expected) throw new Error(`${what} was answered with: ${answer.toString()}`);
    return answer;
  }

  private async answer(what: string): Promise<{ readonly header: Buffer; readonly payload: Buffer }> {
    const header = await this.take(HEADER_BYTES, what);
    return { header, payload: await this.take(header.readUInt32LE(32), what) };
  }

  private async take(length: number, what: string): Promise<Buffer> {
    while (this.received.length < length) {
      if (this.over !== undefined) throw (this.failure ??= new Error(`${this.over}; waited for ${what}`));
      await this.arrival();
    }
    const taken = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    return taken;
  }

  /** Resolves when something has arrived, or nothing will any more. */
  private async arrival(): Promise<void> {
    const silent = setTimeout(() => {
      // What came later would be taken for the answer to something else.
      this.over = `${this.name} has not said anything for ${this.patienceMs / 1000} s`;
      this.socket.destroy();
    }, this.patienceMs);
    await new Promise<void>((resolve) => (this.arrived = resolve));
    clearTimeout(silent);
  }
}
