import { randomUUID } from 'node:crypto';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Real servers to be used; where one is missing, the job starts one in its own process. */
export interface Addresses {
  readonly lance?: Address;
  readonly flo?: Address;
  /** The root of a Lightning store, such as `http://127.0.0.1:4747`. */
  readonly lightning?: string;
}

/** Sets the names of this run apart from what others keep on the same server. */
export function ofItsOwn(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}
