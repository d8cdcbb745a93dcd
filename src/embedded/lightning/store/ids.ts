import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Makes the ids of lightning.md 3.1. */
export interface Ids {
  rollout(): string;
  attempt(): string;
  resources(): string;
}

/** Ids of so many random bytes, in hex. */
function idsOf(hex: (bytes: number) => string): Ids {
  return { rollout: () => `ro-${hex(6)}`, attempt: () => `at-${hex(4)}`, resources: () => `rs-${hex(6)}` };
}

export const randomIds = idsOf(hex);

/** Those that chance makes, which a test may have seeded. */
export const chanceIds = idsOf((bytes) =>
  Array.from({ length: bytes * 2 }, () => Math.floor(Math.random() * 16).toString(16)).join(''),
);

/** Random bytes are cheap by the thousand only. */
function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
