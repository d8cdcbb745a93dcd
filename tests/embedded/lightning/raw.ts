import { connect, type Socket } from 'node:net';

/** A connection on which a test says what it likes. */
export class RawClient {
  readonly socket: Socket;
  text = '';
  ended = false;
  closed = false;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk));
    this.socket.on('end', () => (this.ended = true)).on('close', () => (this.closed = true));
    this.socket.on('error', () => (this.closed = true));
  }

  /** Sends a request; `path` below `/v1/agl`. */
  ask(method: string, path: string, body = '', headers = ''): void {
    const head = `${method} /v1/agl${path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${headers}`;
    this.socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  /** The statuses of the answers so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }
}
