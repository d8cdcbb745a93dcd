/** One condition on a field of an item. */
type Condition<T> = (item: T) => boolean;

/**
 * Conditions gathered from a request: a null stands for no condition. What no condition means under `or` differs between
 * lists, so that whoever has none decides (lightning.md 3.10).
 */
export class Filter<T extends object> {
  readonly #conditions: Condition<T>[] = [];

  get empty(): boolean {
    return this.#conditions.length === 0;
  }

  exact(field: keyof T & string, value: string | null): this {
    if (value !== null) this.#conditions.push((item) => item[field] === value);
    return this;
  }

  within(field: keyof T & string, values: readonly string[] | null): this {
    if (values === null) return this;
    const wanted = new Set<unknown>(values);
    this.#conditions.push((item) => wanted.has(item[field]));
    return this;
  }

  contains(field: keyof T & string, part: string | null): this {
    if (part === null) return this;
    this.#conditions.push((item) => {
      const value: unknown = item[field];
      return typeof value === 'string' && value.includes(part);
    });
    return this;
  }

  apply(items: readonly T[], logic: 'and' | 'or'): readonly T[] {
    if (this.empty) return items;
    const conditions = this.#conditions;
    const matches: Condition<T> =
      logic === 'and'
        ? (item) => conditions.every((condition) => condition(item))
        : (item) => conditions.some((condition) => condition(item));
    return items.filter(matches);
  }
}
