import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { InvalidOptionError } from '../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../foundation/known-options.js';
import { nodeCrypto } from '../foundation/node-crypto.js';
import { nodeTls } from './node-tls.js';

/** One text or several, in PEM. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** Whom a client trusts over TLS, and how it shows who it is itself. */
export interface TlsOptions {
  /** The authorities that are trusted, in PEM, instead of those that come with Node. */
  readonly ca?: Pem | undefined;
  /** This client's certificate, in PEM, with those between it and its authority; needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of `cert`, in PEM. */
  readonly key?: string | Uint8Array | undefined;
  /** Opens `key` if it is encrypted. */
  readonly passphrase?: string | undefined;
  /** The name that is asked for (SNI) and that the certificate must have; by default the host, if that is a name. */
  readonly servername?: string | undefined;
  /** False takes any certificate, and protects from nobody who can answer in the server's place. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The oldest version that will do; `'TLSv1.2'` by default. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** A context of `node:tls`, for all that has no option here; instead of `ca`, `cert`, `key`, `passphrase`, `minVersion`. */
  readonly secureContext?: SecureContext | undefined;
}

/** Those that there are. */
export const TLS_OPTIONS: OptionNames<TlsOptions> = {
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  servername: true,
  rejectUnauthorized: true,
  minVersion: true,
  secureContext: true,
};

/** What of it each connection needs. */
export interface TlsPlan {
  readonly secureContext: SecureContext;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** @throws {@link InvalidOptionError} naming the option and the rule, never a key or a passphrase. */
export function tlsPlan(options: TlsOptions): TlsPlan {
  const { servername, rejectUnauthorized = true, secureContext } = onlyKnown('tls', options, TLS_OPTIONS);
  if (servername !== undefined && (typeof servername !== 'string' || servername === '' || isIP(servername) !== 0)) {
    throw new InvalidOptionError('tls.servername', servername, 'must be a name, not an address');
  }
  if (typeof rejectUnauthorized !== 'boolean') {
    throw new InvalidOptionError('tls.rejectUnauthorized', rejectUnauthorized, 'must be true or false');
  }
  return {
    secureContext: secureContext === undefined ? contextOf(options) : given(options),
    servername,
    rejectUnauthorized,
  };
}

function given({ secureContext, ca, cert, key, passphrase, minVersion }: TlsOptions): SecureContext {
  // Node's own class has no name that could be asked for.
  if (typeof secureContext !== 'object' || secureContext === null || !('context' in secureContext)) {
    throw new InvalidOptionError('tls.secureContext', secureContext, 'must be made by createSecureContext of node:tls');
  }
  if ([ca, cert, key, passphrase, minVersion].some((option) => option !== undefined)) {
    throw new InvalidOptionError(
      'tls.secureContext',
      secureContext,
      'must not be given together with ca, cert, key, passphrase or minVersion',
    );
  }
  return secureContext;
}

function contextOf({ ca, cert, key, passphrase, minVersion = 'TLSv1.2' }: TlsOptions): SecureContext {
  const authorities = ca === undefined ? undefined : checkAuthorities(ca);
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    throw new InvalidOptionError('tls.minVersion', minVersion, "must be 'TLSv1.2' or 'TLSv1.3'");
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = key === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw new InvalidOptionError(`tls.${there}`, 'a text', `must not be given without ${missing}`);
  }
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new InvalidOptionError('tls.passphrase', typeof passphrase, 'must be a text');
  }
  try {
    const identity = cert === undefined || key === undefined ? {} : { cert: bytesOf(cert), key: bytesOf(key) };
    return nodeTls().createSecureContext({
      ...identity,
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(passphrase === undefined ? {} : { passphrase }),
      minVersion,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidOptionError('tls', 'a secret', `has a cert, key or passphrase that does not fit (${reason})`);
  }
}

/** Node passes over what is no certificate, and then trusts nobody. */
function checkAuthorities(ca: Pem): (string | Buffer)[] {
  const list = Array.isArray(ca) ? (ca as readonly (string | Uint8Array)[]) : [ca as string | Uint8Array];
  try {
    if (list.length === 0) throw new RangeError('an empty list');
    const { X509Certificate } = nodeCrypto();
    for (const pem of list) new X509Certificate(bytesOf(pem));
  } catch {
    // Not shown: it may be a key that was given by mistake.
    throw new InvalidOptionError(
      'tls.ca',
      'something else',
      'must be certificates in PEM: their text, not the path of a file',
    );
  }
  return list.map(bytesOf);
}

function bytesOf(pem: string | Uint8Array): string | Buffer {
  if (typeof pem === 'string' || Buffer.isBuffer(pem)) return pem;
  return Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength);
}
