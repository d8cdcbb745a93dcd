import type { WireResource } from '../../../codecs/lightning/wire.js';
import type { Issues, Read } from './issues.js';
import { nullable, oneOf, string } from './scalars.js';
import { defaulted, dictionary, freeForm, isJsonObject, object, required } from './structures.js';

const model = <T extends 'llm' | 'proxy_llm'>(type: T) =>
  object({
    resource_type: required(oneOf(type)),
    endpoint: required(string),
    model: required(string),
    sampling_parameters: defaulted(freeForm, () => ({})),
    api_key: defaulted(nullable(string), () => null),
  });

const KINDS: ReadonlyMap<unknown, Read<WireResource>> = new Map<string, Read<WireResource>>([
  ['llm', model('llm')],
  ['proxy_llm', model('proxy_llm')],
  [
    'prompt_template',
    object({
      resource_type: required(oneOf('prompt_template')),
      template: required(string),
      engine: required(oneOf('jinja', 'f-string', 'poml')),
    }),
  ],
]);

const DISCRIMINATOR = "'resource_type'";
const EXPECTED = "'llm', 'proxy_llm', 'prompt_template'";

/** The kind decides which keys there must be. */
function resource(value: unknown, issues: Issues): WireResource {
  if (!isJsonObject(value)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    return issues.add('model_attributes_type', msg, value);
  }
  const { resource_type: tag } = value;
  if (tag === undefined) {
    const msg = `Unable to extract tag using discriminator ${DISCRIMINATOR}`;
    return issues.add('union_tag_not_found', msg, value, { discriminator: DISCRIMINATOR });
  }
  const read = KINDS.get(tag);
  if (read !== undefined) return issues.within(String(tag), read, value);
  const shown = typeof tag === 'string' ? tag : JSON.stringify(tag);
  const msg = `Input tag '${shown}' found using ${DISCRIMINATOR} does not match any of the expected tags: ${EXPECTED}`;
  return issues.add('union_tag_invalid', msg, value, {
    discriminator: DISCRIMINATOR,
    tag: shown,
    expected_tags: EXPECTED,
  });
}

/** The body is the mapping itself: name → resource. */
export const namedResources = dictionary(resource);
