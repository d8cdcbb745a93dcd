const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Throws a `TypeError` on bytes that are not UTF-8: replacing them would lose data in silence. */
export function decodeUtf8(bytes: Uint8Array): string {
  return strict.decode(bytes);
}
