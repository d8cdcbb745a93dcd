import type { Digest } from '../fake-server/digest.js';

/** Enough for every window of a period to be read more than once, cuts included. */
const VERIFIED_BYTES = 32 << 20;

/** How many records of this size are compared. */
export const verifiedRecords = (recordBytes: number): number => Math.floor(VERIFIED_BYTES / recordBytes);

/** Fails unless both have the same records: no speed is published of a path that may be wrong. */
export function checkSame(name: string, client: Digest | undefined, server: Digest | undefined): void {
  const same = client?.records === server?.records && client?.bytes === server?.bytes && client?.sum === server?.sum;
  if (same && client !== undefined) return;
  throw new Error(`${name}: the client has ${JSON.stringify(client)}, the server has ${JSON.stringify(server)}`);
}
