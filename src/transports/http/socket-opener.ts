import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect, TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { clock } from '../../foundation/clock.js';
import { ChannelError, type ChannelFailure } from '../channel-error.js';

/** Opens the sockets of one pool, each within a time, and knows them all: closing a pool must leave none behind. */
export class SocketOpener {
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #opening = new Map<Socket, (error: ChannelError) => void>();

  constructor(origin: string, timeoutMs: number) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
  }

  /** For undici: the callback comes once. */
  open(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const { hostname, protocol, port } = options;
    const secure = protocol === 'https:';
    // A name to be checked against the certificate can't be an address.
    const servername = isIP(hostname) === 0 ? hostname : '';
    const socket = secure
      ? tlsConnect({ host: hostname, port: Number(port || 443), servername, ALPNProtocols: ['http/1.1'] })
      : netConnect({ host: hostname, port: Number(port || 80) });
    socket.setNoDelay(true).setKeepAlive(true, 60_000);

    const late = clock.after(this.#timeoutMs, () => failed({ code: 'ETIMEDOUT', syscall: 'connect' }));
    const settle = (): boolean => {
      late.unsubscribe();
      return this.#opening.delete(socket);
    };
    const fail = (error: ChannelError): void => {
      if (!settle()) return;
      socket.destroy();
      callback(error, null);
    };
    const failed = (failure: ChannelFailure, cause?: unknown): void => {
      fail(ChannelError.of(this.#origin, failure, cause));
    };
    this.#opening.set(socket, fail);
    socket
      .once(secure ? 'secureConnect' : 'connect', () => {
        if (settle()) callback(null, socket);
      })
      .on('error', (error) => {
        if (socket instanceof TLSSocket && socket.authorizationError) fail(this.#untrusted(error));
        else failed(firstOf(error), error);
      });
  }

  /** Like a name that does not exist, a certificate that is not trusted will not be later. */
  #untrusted(cause: NodeJS.ErrnoException): ChannelError {
    const { code: errno, message } = cause;
    const advice = 'NODE_EXTRA_CA_CERTS can name a file of authorities to be trusted, too';
    return new ChannelError(`${this.#origin}: its certificate is not trusted (${errno}: ${message}); ${advice}`, {
      cause,
      retryable: false,
      context: { address: this.#origin, syscall: 'connect', errno },
    });
  }

  /** Gives up on all that are not open yet. */
  close(): void {
    for (const fail of [...this.#opening.values()]) {
      fail(ChannelError.of(this.#origin, { code: 'ECONNABORTED', syscall: 'connect' }));
    }
  }
}

/** When a name has several addresses, Node reports an `AggregateError` with one error for each: the first says most. */
function firstOf(error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }): ChannelFailure {
  const { code, syscall = 'connect' } = error.errors?.[0] ?? error;
  return { code, syscall };
}
