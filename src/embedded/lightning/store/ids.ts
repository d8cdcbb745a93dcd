import { randomBytes } from 'node:crypto';

/** Makes the ids of lightning.md 3.1. */
export interface Ids {
  rollout(): string;
  attempt(): string;
  resources(): string;
}

export const randomIds: Ids = {
  rollout: () => `ro-${hex(6)}`,
  attempt: () => `at-${hex(4)}`,
  resources: () => `rs-${hex(6)}`,
};

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Random bytes are cheap by the thousand only. */
function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
