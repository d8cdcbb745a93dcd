const DEFAULT_NAMESPACE = 'default';
const NUL = 0;

/** The one name of a key or queue in all namespaces. Keys are bytes: each of them is one character here. */
export function qualifiedName(namespace: string, key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  return `${namespace === '' ? DEFAULT_NAMESPACE : namespace}\0${bytes.toString('latin1')}`;
}

/** Neither a namespace nor a key may contain NUL, which stands between the two (flo.md 1.4). */
export function hasNul(namespace: string, key: Uint8Array): boolean {
  return namespace.includes('\0') || key.includes(NUL);
}
