/**
 * Makes what was given properties of a config, and the config unchangeable. Nothing else is a property of its own: what
 * was not given shows its default, but counts as not given wherever the config is used as options.
 */
export function holdGiven(config: object, given: object): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) Object.defineProperty(config, name, { value, enumerable: true });
  }
  Object.freeze(config);
}
