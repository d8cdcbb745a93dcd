import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A key and a certificate for it, in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  readonly name: string;
  /** Names and IPv4 addresses that it stands for. */
  readonly hosts?: readonly string[];
  /** May sign others. */
  readonly isAuthority?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;

const tagged = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts: Uint8Array[]): Buffer => tagged(0x30, ...parts);
const octets = (...parts: Uint8Array[]): Buffer => tagged(0x04, ...parts);
const bits = (bytes: Uint8Array): Buffer => tagged(0x03, Buffer.from([0]), bytes);
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const isTrue = tagged(0x01, Buffer.from([0xff]));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const ALTERNATIVE_NAMES = oid('551d11');

const named = (name: string): Buffer => sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
const time = (date: Date): Buffer =>
  tagged(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`));
const host = (name: string): Buffer =>
  isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`.replaceAll(
    /(.{64})(?=.)/g,
    '$1\n',
  );

/** Makes certificates, as an authority would: its own is `cert`. */
export class Authority implements Identity {
  readonly cert: string;
  readonly #key: KeyObject;

  constructor(readonly name: string) {
    this.#key = newKey();
    this.cert = this.#sign({ name, isAuthority: true }, this.#key);
  }

  get key(): string {
    return this.#key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** An identity that this authority vouches for; valid from yesterday until tomorrow if nothing else is said. */
  issue(options: CertificateOptions, passphrase?: string): Identity {
    const key = newKey();
    const secret = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
    return {
      key: key.export({ type: 'pkcs8', format: 'pem', ...secret }).toString(),
      cert: this.#sign(options, key),
    };
  }

  /** RFC 5280, version 3. */
  #sign({ name, hosts = [], isAuthority = false, ...valid }: CertificateOptions, of: KeyObject): string {
    const { notBefore = new Date(Date.now() - DAY_MS), notAfter = new Date(Date.now() + DAY_MS) } = valid;
    const constraints = sequence(BASIC_CONSTRAINTS, isTrue, octets(sequence(...(isAuthority ? [isTrue] : []))));
    const names = hosts.length === 0 ? [] : [sequence(ALTERNATIVE_NAMES, octets(sequence(...hosts.map(host))))];
    const content = sequence(
      tagged(0xa0, tagged(0x02, Buffer.from([2]))),
      tagged(0x02, Buffer.from([1]), randomBytes(8)),
      ECDSA_WITH_SHA256,
      named(this.name),
      sequence(time(notBefore), time(notAfter)),
      named(name),
      createPublicKey(of).export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(constraints, ...names)),
    );
    return pem('CERTIFICATE', sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, this.#key))));
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}
