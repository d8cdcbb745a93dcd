/**
 * Loads a module when it is first needed, without naming it or Node in an `import`: bundlers for web pages see
 * nothing, and a system that is not used loads nothing. Throws what `require` throws, or an `Error` where there
 * is no `require`.
 */
export function requireModule(name: string): unknown {
  const load = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:module');
  if (load === undefined) throw new Error(`'${name}' can only be loaded in Node.js`);
  return load.createRequire(import.meta.url)(name);
}

/** For messages about native modules: `linux-x64`, or `browser`. */
export function platformName(): string {
  return typeof process === 'undefined' ? 'browser' : `${process.platform}-${process.arch}`;
}
