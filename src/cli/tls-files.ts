import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsListening } from '../embedded/tls-listening.js';
import { InvalidOptionError } from '../foundation/errors.js';

/** The files that the user names, in PEM. */
export interface TlsFiles {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsClientCa?: string | undefined;
}

/**
 * What a server listens with; undefined if the user names no file. Each file is looked at by itself, so that the one that
 * can't be used is named.
 *
 * @throws InvalidOptionError
 */
export function tlsOf({ tlsCert, tlsKey, tlsClientCa }: TlsFiles): TlsListening | undefined {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa === undefined) return undefined;
    throw new InvalidOptionError('tlsClientCa', tlsClientCa, 'needs --tls-cert and --tls-key');
  }
  if (tlsKey === undefined) throw new InvalidOptionError('tlsCert', tlsCert, 'needs --tls-key');
  if (tlsCert === undefined) throw new InvalidOptionError('tlsKey', tlsKey, 'needs --tls-cert');
  const cert = contentOf('tlsCert', tlsCert);
  const certificate = certificateIn('tlsCert', tlsCert, cert);
  const key = contentOf('tlsKey', tlsKey);
  if (!certificate.checkPrivateKey(keyIn(tlsKey, key)))
    throw new InvalidOptionError('tlsKey', tlsKey, 'must be the key of --tls-cert');
  if (tlsClientCa === undefined) return { cert, key };
  const clientCa = contentOf('tlsClientCa', tlsClientCa);
  certificateIn('tlsClientCa', tlsClientCa, clientCa);
  return { cert, key, clientCa };
}

function contentOf(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InvalidOptionError(option, path, `must be a file that can be read (${code ?? message})`);
  }
}

function certificateIn(option: string, path: string, content: Buffer): X509Certificate {
  try {
    return new X509Certificate(content);
  } catch {
    throw new InvalidOptionError(option, path, 'must have a certificate in PEM');
  }
}

function keyIn(path: string, content: Buffer): KeyObject {
  try {
    return createPrivateKey(content);
  } catch {
    throw new InvalidOptionError('tlsKey', path, 'must have a key in PEM that needs no passphrase');
  }
}
