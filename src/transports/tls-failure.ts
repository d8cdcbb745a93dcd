import { ChannelError } from './channel-error.js';

/** Alerts by which a peer says, after the handshake perhaps, that it does not want this client. */
const UNWANTED =
  /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|HANDSHAKE_FAILURE)/;

/** Node adds in words what OpenSSL found wrong. */
interface OpenSslError extends NodeJS.ErrnoException {
  readonly reason?: string;
}

/** How far a socket had come. */
interface Standing {
  /** The handshake was over. */
  readonly isOpen: boolean;
  /** Node has judged the peer's certificate, and found it wanting. */
  readonly isUntrusted: boolean;
}

/**
 * What an error of a TLS socket means, or undefined if it is none of TLS. What was refused once will be refused again,
 * unless it broke what had been agreed upon.
 */
export function tlsFailure(
  address: string,
  cause: OpenSslError,
  { isOpen, isUntrusted }: Standing,
): ChannelError | undefined {
  const { code: errno = 'UNKNOWN', message, reason = message } = cause;
  const error = (says: string, retryable: boolean): ChannelError =>
    new ChannelError(`${address}: ${says}`, { cause, retryable, context: { address, syscall: 'handshake', errno } });
  const isOfTls = errno.startsWith('ERR_SSL_') || errno === 'EPROTO';
  if (isOfTls && (!isOpen || UNWANTED.test(errno)))
    return error(`the TLS handshake failed (${errno}: ${reason})`, false);
  if (isOpen) return undefined;
  if (errno === 'ECONNRESET') {
    return error('closed during the TLS handshake, as a server that speaks no TLS would', true);
  }
  if (isUntrusted) {
    const option = errno === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'servername' : 'ca';
    const advice = errno === 'CERT_HAS_EXPIRED' ? '' : `; the option ${option} says what to trust`;
    return error(`its certificate is not trusted (${errno}: ${message})${advice}`, false);
  }
  return undefined;
}
