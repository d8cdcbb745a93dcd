import type { WireSpan } from '../../../codecs/lightning/wire.js';
import { attributes } from './attribute-value.js';
import type { Read } from './issues.js';
import { boolean, float, integer, nullable, oneOf, string } from './scalars.js';
import { defaulted, dictionary, list, object, required } from './structures.js';

const context = object(
  {
    trace_id: required(string),
    span_id: required(string),
    is_remote: required(boolean),
    trace_state: required(dictionary(string)),
  },
  'keep',
);

const status = object(
  {
    status_code: required(oneOf('UNSET', 'OK', 'ERROR')),
    description: defaulted(nullable(string), () => null),
  },
  'keep',
);

const event = object(
  {
    name: required(string),
    attributes: required(attributes),
    timestamp: defaulted(nullable(float), () => null),
  },
  'keep',
);

const link = object(
  {
    context: required(context),
    attributes: defaulted(nullable(attributes), () => null),
  },
  'keep',
);

/** All keys are required, also those that may be null; unknown ones stay, except on the resource. */
export const spanRequest: Read<WireSpan> = object(
  {
    rollout_id: required(string),
    attempt_id: required(string),
    sequence_id: required(integer),
    trace_id: required(string),
    span_id: required(string),
    parent_id: required(nullable(string)),
    name: required(string),
    status: required(status),
    attributes: required(attributes),
    events: required(list(event)),
    links: required(list(link)),
    start_time: required(nullable(float)),
    end_time: required(nullable(float)),
    context: required(nullable(context)),
    parent: required(nullable(context)),
    resource: required(object({ attributes: required(attributes), schema_url: required(string) })),
  },
  'keep',
);

export const nextSequenceRequest = object({ rollout_id: required(string), attempt_id: required(string) });
