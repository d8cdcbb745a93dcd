/** Calls all of them, whatever one of them throws; the first error comes out when all have been told. */
export function tellAll(told: readonly (() => void)[]): void {
  let thrown: { readonly error: unknown } | undefined;
  for (const tell of told) {
    try {
      tell();
    } catch (error) {
      // As the teardown of a handler's Observable may: RxJS throws that out of `unsubscribe`.
      thrown ??= { error };
    }
  }
  if (thrown !== undefined) throw thrown.error;
}
