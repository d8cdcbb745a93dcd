import type { FloCodec } from '../../codecs/flo/codec.js';
import type { KvGetRequest, KvVersioned } from '../../codecs/flo/operations.js';
import type { FloCore } from './core.js';
import type { Exchange } from './exchange.js';
import type { KvConflict } from './kv-store.js';
import { nameRefusal, serve, type ServedOperation } from './operation.js';
import { qualifiedName } from './qualified-name.js';
import { refusals, tooLong } from './refusals.js';
import { waitMsOf } from './waiting.js';

/** Nobody but the server writes there (flo.md 4.2). */
const RESERVED = /^(_action|_worker|_sys|_internal|_flo):/;
/** Below every version. */
const NEVER = -1n;

/** KV as flo.md 4.2 has it. */
export function kvOperations(core: FloCore, { kv, refusesAbsentDelete }: FloCodec): ServedOperation[] {
  return [
    serve(core, kv.get, (exchange, request, namespace) => {
      const refusal = keyRefusal(namespace, request.key);
      if (refusal !== undefined) exchange.refuse(refusal);
      else get(core, exchange, request, qualifiedName(namespace, request.key));
    }),
    serve(core, kv.put, (exchange, { key, value, condition, ...write }, namespace) => {
      const refusal = keyRefusal(namespace, key);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const { maxValueBytes } = core.behaviour;
      if (value.length > maxValueBytes) return exchange.refuse(tooLong('value', value, maxValueBytes));
      if (condition === 'never') return exchange.refuse(refusals.conditionFailed);
      const outcome = core.put(qualifiedName(namespace, key), value, { ...write, condition });
      if (typeof outcome === 'bigint') exchange.answer({ version: outcome });
      else exchange.refuse(conflict(outcome));
    }),
    serve(core, kv.delete, (exchange, { key, casVersion }, namespace) => {
      const refusal = keyRefusal(namespace, key);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const outcome = core.kv.delete(qualifiedName(namespace, key), { casVersion });
      if (outcome === 'deleted') exchange.answer({ existed: true });
      else if (outcome !== 'missing') exchange.refuse(conflict(outcome));
      else if (refusesAbsentDelete) exchange.refuse(refusals.notFound);
      else exchange.answer({ existed: false });
    }),
  ];
}

function get(core: FloCore, exchange: Exchange<KvVersioned>, request: KvGetRequest, name: string): void {
  const waitMs = waitMsOf(core, exchange.codec, request.waitMs, request.key);
  if (typeof waitMs !== 'number') return exchange.refuse(waitMs.refusal);
  const present = core.kv.get(name);
  const above = request.waitFor === 'change' && waitMs > 0 ? (present?.version ?? NEVER) : NEVER;
  if (present !== undefined && present.version > above) return exchange.answer(present);
  const attempt = (): void => {
    const entry = core.kv.get(name);
    if (entry !== undefined && entry.version > above && exchange.wanted) exchange.answer(entry);
  };
  exchange.park(core.spotOfKey(name), waitMs, attempt, () => exchange.refuse(refusals.notFound));
}

function keyRefusal(namespace: string, key: Uint8Array): ReturnType<typeof nameRefusal> {
  if (RESERVED.test(Buffer.from(key.subarray(0, 16)).toString('latin1'))) return refusals.reservedKey;
  return nameRefusal(namespace, key);
}

function conflict(outcome: KvConflict): typeof refusals.casMismatch | typeof refusals.conditionFailed {
  return outcome === 'casMismatch' ? refusals.casMismatch : refusals.conditionFailed;
}
