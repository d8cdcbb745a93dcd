import { utf8, type Fields } from './vectors.js';

/** The request of ours that a vector's call is. */
export function requestOf(call: Fields, ttlUnit: 's' | 'ms' = 'ms'): unknown {
  const { method, key, queue, value, payload, seqs, blockMs, waitMs, waitFor, ...rest } = call;
  if (method === 'ping') return undefined;
  const kvWait = method === 'kv.get' && (blockMs !== undefined || waitMs !== undefined);
  const { ttlRaw, ttlMs, casVersion, ifNotExists, ifExists, condition, routingKey, namespace: _, ...plain } = rest;
  return known({
    ...plain,
    key: key === undefined ? undefined : utf8(key),
    queue: queue === undefined ? undefined : utf8(queue),
    value: value === undefined ? undefined : utf8(value),
    payload: payload === undefined ? undefined : utf8(payload),
    seqs: seqs === undefined ? undefined : (seqs as string[]).map(BigInt),
    ...(kvWait
      ? { waitMs: blockMs ?? waitMs, waitFor: waitFor ?? (blockMs === undefined ? 'change' : 'exists') }
      : { blockMs }),
    ttlMs: ttlRaw === undefined ? Number(ttlMs ?? 0) || undefined : Number(ttlRaw) * (ttlUnit === 's' ? 1000 : 1),
    delayMs: plain['delayMs'] === undefined ? undefined : Number(plain['delayMs']),
    casVersion: casVersion === undefined ? undefined : BigInt(String(casVersion)),
    condition: ifNotExists === true && ifExists === true ? 'never' : condition,
    routingKey: routingKey === undefined ? undefined : utf8(routingKey),
  });
}

function known(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
