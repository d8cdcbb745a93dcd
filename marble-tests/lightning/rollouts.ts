import type { LightningPeer, LightningRig } from '../../src/testing.js';

/** Puts so many rollouts into the store, past the client; returns their ids. */
export function enqueued(rig: LightningRig, count: number): string[] {
  return rig.enqueue(...Array.from({ length: count }, (_, n) => ({ n }))).map(({ rolloutId }) => rolloutId);
}

/** What a scripted store was asked, such as `GET /v1/agl/health`. */
export function requestsTo({ asked }: LightningPeer): string[] {
  return asked.map(({ method, path }) => `${method} ${path}`);
}
