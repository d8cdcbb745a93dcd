/** The library did what it must not do. */
export class Finding extends Error {}

export function need(holds: boolean, what: () => string): void {
  if (!holds) throw new Finding(what());
}
