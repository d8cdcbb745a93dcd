import { createSecureContext, type TlsOptions } from 'node:tls';
import { InvalidOptionError } from '../foundation/errors.js';
import { onlyKnown } from '../foundation/known-options.js';

/** How an embedded server shows who it is, and whom it lets in, over TLS. All of it in PEM. */
export interface TlsListening {
  /** Its certificate, with those between it and its authority. */
  readonly cert: string | Uint8Array;
  /** The key of `cert`. */
  readonly key: string | Uint8Array;
  /** Opens `key` if it is encrypted. */
  readonly passphrase?: string | undefined;
  /** The authorities whose clients are let in; clients without a certificate are not then. Default: everybody is. */
  readonly clientCa?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
}

/**
 * What `node:tls` listens with.
 *
 * @throws InvalidOptionError that never shows a key or a passphrase.
 */
export function tlsServerOptions(tls: TlsListening): TlsOptions {
  const names = { cert: true, key: true, passphrase: true, clientCa: true } as const;
  const { cert, key, passphrase, clientCa } = onlyKnown('tls', tls, names);
  if (!isPem(cert)) throw new InvalidOptionError('tls.cert', typeof cert, 'must be a certificate in PEM');
  if (!isPem(key)) throw new InvalidOptionError('tls.key', typeof key, 'must be a key in PEM');
  const options: TlsOptions = {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(clientCa === undefined ? {} : { ca: [clientCa].flat().map((one) => Buffer.from(one)), requestCert: true }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new InvalidOptionError('tls', (error as Error).message, 'must be a certificate and its key in PEM');
  }
  return options;
}

function isPem(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}
