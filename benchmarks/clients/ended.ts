import type { Observable } from 'rxjs';

/** Subscribes, and resolves when it is complete. */
export async function ended(source: Observable<unknown>): Promise<void> {
  await new Promise<void>((complete, error) => void source.subscribe({ complete, error }));
}
