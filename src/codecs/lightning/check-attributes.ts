import { InvalidOptionError } from '../../foundation/errors.js';
import type { Attributes } from './span.js';

/** What JSON leaves out is not there; of arrays it would make null. */
const RULE = 'must be a string, a boolean, a finite number or an array of one of these';

/** Returns the attributes of a span if a store takes them (lightning.md 3.7), else throws an error that names the wrong one. */
export function checkAttributes(option: string, attributes: Attributes): Attributes {
  if (typeof attributes !== 'object' || Array.isArray(attributes)) {
    throw new InvalidOptionError(option, attributes, 'must be an object of attributes by name');
  }
  for (const [name, value] of Object.entries<unknown>(attributes)) {
    const isGood = Array.isArray(value) ? isUniform(value) : value === undefined || isScalar(value);
    if (!isGood) throw new InvalidOptionError(`${option}[${JSON.stringify(name)}]`, value, RULE);
  }
  return attributes;
}

function isUniform(list: readonly unknown[]): boolean {
  return list.every((item) => isScalar(item) && typeof item === typeof list[0]);
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
