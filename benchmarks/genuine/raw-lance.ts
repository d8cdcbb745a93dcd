import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { controlFrame, HEADER_BYTES } from '../fake-server/frames.js';

const Command = { create: 0x01, delete: 0x02, list: 0x03, fetch: 0x10 } as const;
const Reply = { fetch: 0x11, topic: 0x80 } as const;
const FETCH_HEAD_BYTES = 16;

/** A few commands, one at a time, written without the library: what verifies it must not be it. */
export class RawLance {
  private received = Buffer.alloc(0);
  private arrived: (() => void) | undefined;
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.arrived?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      this.arrived?.();
    });
  }

  static async open(host: string, port: number): Promise<RawLance> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    return new RawLance(socket);
  }

  async createTopic(name: string): Promise<number> {
    const { payload } = await this.ask(Command.create, Buffer.from(name), Reply.topic);
    return (JSON.parse(payload.toString()) as { id: number }).id;
  }

  async topicId(name: string): Promise<number> {
    const { payload } = await this.ask(Command.list, Buffer.alloc(0), Reply.topic);
    const { topics } = JSON.parse(payload.toString()) as { topics: { id: number; name: string }[] };
    const topic = topics.find((one) => one.name === name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic.id;
  }

  async deleteTopic(id: number): Promise<void> {
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(id);
    await this.ask(Command.delete, payload, Reply.topic);
  }

  /** At most `maxBytes` from `start` on; nothing at the end. */
  async fetch(topic: number, start: number, maxBytes: number): Promise<Buffer> {
    const request = Buffer.alloc(FETCH_HEAD_BYTES);
    request.writeUInt32LE(topic);
    request.writeBigUInt64LE(BigInt(start), 4);
    request.writeUInt32LE(maxBytes, 12);
    const { payload } = await this.ask(Command.fetch, request, Reply.fetch);
    return payload.subarray(FETCH_HEAD_BYTES);
  }

  close(): void {
    this.socket.destroy();
  }

  private async ask(command: number, payload: Buffer, expected: number): Promise<{ readonly payload: Buffer }> {
    this.socket.write(controlFrame(command, payload));
    const header = await this.take(HEADER_BYTES);
    const answer = await this.take(header.readUInt32LE(32));
    if (header[12] !== expected) throw new Error(`command ${command} was answered with: ${answer.toString()}`);
    return { payload: answer };
  }

  private async take(length: number): Promise<Buffer> {
    while (this.received.length < length) {
      if (this.ended) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => (this.arrived = resolve));
    }
    const taken = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    return taken;
  }
}
