/** The key of the method that `console.log` asks for: Node, Bun and Deno know it, browsers pass over it. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

interface InspectOptions {
  readonly depth?: number | null;
}

/** What that method is given, so that nothing has to be imported for it. */
export type Inspecting = readonly [
  depth: number,
  options: InspectOptions,
  inspect: (value: unknown, options: InspectOptions) => string,
];

/** Facts under the name of a class, as `console.log` writes an object of that class. */
export function inspected(name: string, facts: object, [depth, options, inspect]: Inspecting): string {
  if (depth < 0) return `[${name}]`;
  const deeper = typeof options.depth === 'number' ? options.depth - 1 : null;
  return `${name} ${inspect(facts, { ...options, depth: deeper })}`;
}

/** Facts as JSON can have them: integers without a limit become texts. */
export function asJson(facts: object): Record<string, unknown> {
  const text = JSON.stringify(facts, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  return JSON.parse(text) as Record<string, unknown>;
}
