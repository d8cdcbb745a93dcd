import type { WireResource, WireResourcesUpdate } from '../../../codecs/lightning/wire.js';

/** Snapshots of resources; nothing is ever deleted (lightning.md 4.11). */
export class ResourceSnapshots {
  readonly #byId = new Map<string, WireResourcesUpdate>();
  #latest: WireResourcesUpdate | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** The one added or updated last. */
  get latest(): WireResourcesUpdate | undefined {
    return this.#latest;
  }

  all(): WireResourcesUpdate[] {
    return [...this.#byId.values()];
  }

  find(id: string): WireResourcesUpdate | undefined {
    return this.#byId.get(id);
  }

  /** Makes or replaces a snapshot. */
  put(id: string, resources: Record<string, WireResource>, now: number): WireResourcesUpdate {
    const known = this.#byId.get(id);
    const snapshot: WireResourcesUpdate = {
      resources_id: id,
      create_time: known?.create_time ?? now,
      update_time: now,
      version: (known?.version ?? 0) + 1,
      resources,
    };
    this.#byId.set(id, snapshot);
    this.#latest = snapshot;
    return snapshot;
  }
}
