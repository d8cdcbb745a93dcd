/** An `expect` that is cheap enough to be asked a million times. */
export function ensure(holds: boolean, invariant: string): void {
  if (!holds) throw new Error(`broken: ${invariant}`);
}
