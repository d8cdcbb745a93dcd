import type { WireAttributeValue } from '../../../codecs/lightning/wire.js';
import type { Issues, Read } from './issues.js';
import { boolean, float, integer, string } from './scalars.js';
import { dictionary, list } from './structures.js';

const KINDS = [
  ['str', string],
  ['bool', boolean],
  ['int', integer],
  ['float', float],
] as const satisfies readonly (readonly [string, Read<unknown>])[];

/** What the genuine server calls an array of a kind where it says what is wrong with one. */
const arrayOf = (kind: string): string =>
  `json-or-python[json=list[${kind}],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]`;

/**
 * The value of an attribute: a string, a boolean, a number or an array of one of them. An array of several kinds becomes
 * one of the first kind that all of its items can be read as (lightning.md 3.7).
 */
const attributeValue: Read<WireAttributeValue> = (value, issues) => {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (Array.isArray(value)) {
    if (ofOneKind(value)) return value as WireAttributeValue;
    for (const [, read] of KINDS) {
      const attempt = issues.attempt();
      const converted = list<string | boolean | number>(read)(value, attempt);
      if (attempt.found.length === 0) return converted as WireAttributeValue;
    }
  }
  return refuse(value, issues);
};

export const attributes = dictionary(attributeValue);

function ofOneKind(items: readonly unknown[]): boolean {
  const kind = typeof items[0];
  if (items.length > 0 && kind !== 'string' && kind !== 'boolean' && kind !== 'number') return false;
  return items.every((item) => typeof item === kind);
}

/** Each of the kinds that the value could have been says why it is not. */
function refuse(value: unknown, issues: Issues): WireAttributeValue {
  for (const [kind, read] of KINDS) issues.within<unknown>(kind, read, value);
  for (const [kind, read] of KINDS) {
    issues.within(
      arrayOf(kind),
      (array) =>
        Array.isArray(array)
          ? void list<unknown>(read)(array, issues)
          : issues.add('is_instance_of', 'Input should be an instance of Sequence', array, { class: 'Sequence' }),
      value,
    );
  }
  return '';
}
