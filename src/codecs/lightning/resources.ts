import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { ProtocolError } from './errors.js';
import { maybeObject, maybeString, msOf, numberOf, objectOf, stringOf, type JsonObject } from './json.js';
import type { WireResource } from './wire.js';

/** A language model at an address (lightning.md 3.6). */
export interface LlmResource {
  readonly resourceType: 'llm' | 'proxy_llm';
  readonly endpoint: string;
  readonly model: string;
  /** Stored and returned in clear. */
  readonly apiKey?: string | undefined;
  readonly samplingParameters?: Readonly<Record<string, unknown>> | undefined;
}

/** A text with places to be filled in. */
export interface PromptTemplateResource {
  readonly resourceType: 'prompt_template';
  readonly template: string;
  readonly engine: 'jinja' | 'f-string' | 'poml';
}

/** What a rollout needs beside its input. */
export type Resource = LlmResource | PromptTemplateResource;

/** Resources by name. Names are the user's: ask with `Object.hasOwn` for what may not be there. */
export type NamedResources = Readonly<Record<string, Resource>>;

/** A snapshot of resources, as the store keeps it. */
export interface ResourcesUpdate {
  readonly resourcesId: string;
  readonly createTimeMs: number;
  readonly updateTimeMs: number;
  /** From 1; each update of the snapshot counts. */
  readonly version: number;
  readonly resources: NamedResources;
}

const LLM: OptionNames<LlmResource> = {
  resourceType: true,
  endpoint: true,
  model: true,
  apiKey: true,
  samplingParameters: true,
};

const PROMPT_TEMPLATE: OptionNames<PromptTemplateResource> = { resourceType: true, template: true, engine: true };

/** @throws {@link InvalidOptionError} naming the resource. */
export function encodeResources(resources: NamedResources): Record<string, WireResource> {
  // Not by assignment: one named `__proto__` would vanish.
  return Object.fromEntries(
    Object.entries(resources).map(([name, resource]) => [name, encodeResource(name, resource)]),
  );
}

export function decodeResourcesUpdate(value: unknown): ResourcesUpdate {
  const wire = objectOf(value, 'a resources snapshot');
  const named = Object.entries(objectOf(wire['resources'], 'the resources of a snapshot'));
  return {
    resourcesId: stringOf(wire, 'resources_id'),
    createTimeMs: msOf(wire, 'create_time'),
    updateTimeMs: msOf(wire, 'update_time'),
    version: numberOf(wire, 'version'),
    resources: Object.fromEntries(named.map(([name, resource]) => [name, decodeResource(objectOf(resource, name))])),
  };
}

function encodeResource(name: string, resource: Resource): WireResource {
  switch (resource.resourceType) {
    case 'llm':
    case 'proxy_llm':
      onlyKnown(`resources.${name}`, resource, LLM);
      return {
        resource_type: resource.resourceType,
        endpoint: resource.endpoint,
        model: resource.model,
        api_key: resource.apiKey ?? null,
        sampling_parameters: { ...resource.samplingParameters },
      };
    case 'prompt_template':
      onlyKnown(`resources.${name}`, resource, PROMPT_TEMPLATE);
      return { resource_type: resource.resourceType, template: resource.template, engine: resource.engine };
    default:
      throw new InvalidOptionError(
        `resources.${name}.resourceType`,
        Reflect.get(resource, 'resourceType'),
        "must be 'llm', 'proxy_llm' or 'prompt_template'",
      );
  }
}

function decodeResource(wire: JsonObject): Resource {
  const resourceType = stringOf(wire, 'resource_type');
  switch (resourceType) {
    case 'llm':
    case 'proxy_llm':
      return {
        resourceType,
        endpoint: stringOf(wire, 'endpoint'),
        model: stringOf(wire, 'model'),
        apiKey: maybeString(wire, 'api_key'),
        samplingParameters: maybeObject(wire, 'sampling_parameters') ?? {},
      };
    case 'prompt_template':
      return {
        resourceType,
        template: stringOf(wire, 'template'),
        engine: stringOf(wire, 'engine') as PromptTemplateResource['engine'],
      };
    default:
      throw new ProtocolError(`a resource of unknown type ${resourceType}`, { context: { resourceType } });
  }
}
