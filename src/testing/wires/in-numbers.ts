/** Whole numbers are easier to write in tests than bigints; those that are too large to be exact stay. */
export function inNumber(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** The same for all fields that are such numbers, or lists of them. */
export function inNumbers(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]: [string, unknown]) => [name, eased(value)]));
}

function eased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(eased);
  return typeof value === 'bigint' ? inNumber(value) : value;
}
