/** About how many bytes a JSON value takes in memory. */
export function sizeInMemory(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 32;
  if (Array.isArray(value)) for (const item of value) bytes += 8 + sizeInMemory(item);
  else for (const key of Object.keys(value)) bytes += 16 + key.length + sizeInMemory(Reflect.get(value, key));
  return bytes;
}
