import { catchError, map, of, throwError, type Observable } from 'rxjs';
import type { Operation } from '../../codecs/flo/codec.js';
import { NotFoundError } from '../../codecs/flo/errors.js';
import type { KvPutRequest, KvVersioned } from '../../codecs/flo/operations.js';
import { checkCodec } from '../../codecs/payload/check-codec.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { Commands } from './commands.js';
import {
  DELETE_OPTIONS,
  GET_OPTIONS,
  PUT_OPTIONS,
  waitOf,
  type KvDeleteOptions,
  type KvGetOptions,
  type KvPutOptions,
} from './kv-options.js';
import { askUntil } from './kv-wait.js';
import { nameBytes, valueBytes } from './payloads.js';

/** Of a key in an error, in characters. */
const LONGEST_SHOWN = 40;

/** A value with its version, which grows over all keys of a server. */
export interface Versioned<V> {
  readonly value: V;
  readonly version: bigint;
}

/** What a write tells; `version` is undefined where a server does not say. */
export interface KvWritten {
  readonly version: bigint | undefined;
}

/**
 * Flo's keys and values (flo.md 4.2). Each call is cold: it asks once per subscription, emits one value and completes.
 *
 * @example
 * import { json } from 'sluice';
 * import { FloClient } from 'sluice/flo';
 * const { kv } = new FloClient('127.0.0.1:9000');
 * kv.put('user:123', { name: 'John' }, { codec: json(), ttlMs: 3_600_000 }).subscribe();
 * kv.get('user:123', { codec: json<{ name: string }>() }).subscribe((user) => console.log(user?.name));
 */
export class FloKv {
  /** @internal */
  constructor(private readonly commands: Commands) {}

  /**
   * The value of a key, undefined if there is none, or none in time (4.2.1).
   * @throws InvalidOptionError naming the option, the value and the rule.
   */
  get<V = Uint8Array>(key: string | Uint8Array, options: KvGetOptions<V> = {}): Observable<V | undefined> {
    return this.getVersioned(key, options).pipe(map((found) => found?.value));
  }

  /** As `get`, with the version for a later `casVersion`. */
  getVersioned<V = Uint8Array>(
    key: string | Uint8Array,
    options: KvGetOptions<V> = {},
  ): Observable<Versioned<V> | undefined> {
    const waitMs = waitOf(onlyKnown('kv.get', options, GET_OPTIONS));
    const bytes = nameBytes('key', key);
    const { namespace, waitFor = 'exists' } = options;
    const codec = checkCodec('codec', options.codec);
    const ask = (forMs: number): Observable<KvVersioned | undefined> => {
      const request = forMs === 0 ? { key: bytes } : { key: bytes, waitMs: forMs, waitFor };
      return this.commands
        .ask(this.commands.wire.kv.get, request, { namespace, waitMs: forMs })
        .pipe(catchError((error: unknown) => (isAbsent(error) ? of(undefined) : throwError(() => error))));
    };
    const found = waitMs === 0 ? ask(0) : askUntil(waitMs, ask);
    return found.pipe(
      map((answer) => {
        if (answer === undefined) return undefined;
        // Without a codec V is the bytes.
        const value = codec === undefined ? (answer.value as V) : codec.decode(answer.value);
        return { value, version: answer.version };
      }),
    );
  }

  /**
   * Writes a key (4.2.2). Errors with `ConflictError` when a condition does not hold.
   * @throws InvalidOptionError naming the option, the value and the rule; PayloadError when the codec refuses the value.
   */
  put<V = Uint8Array | string>(
    key: string | Uint8Array,
    value: V,
    options: KvPutOptions<V> = {},
  ): Observable<KvWritten> {
    onlyKnown('kv.put', options, PUT_OPTIONS);
    const { ttlMs, casVersion, ifNotExists = false, ifExists = false, codec, namespace } = options;
    if (ifNotExists && ifExists) {
      throw new InvalidOptionError('ifExists', ifExists, 'must not be given together with ifNotExists');
    }
    if (ifNotExists && casVersion !== undefined) {
      throw new InvalidOptionError('ifNotExists', ifNotExists, 'must not be given together with casVersion');
    }
    const request: KvPutRequest = {
      key: nameBytes('key', key),
      value: valueBytes('value', value, codec),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(casVersion === undefined ? {} : { casVersion }),
      ...(ifNotExists ? { condition: 'ifAbsent' } : ifExists ? { condition: 'ifPresent' } : {}),
    };
    return this.commands.ask(about(this.commands.wire.kv.put, key, options), request, { namespace });
  }

  /** Deletes a key and emits whether it existed (4.2.3). Errors with `ConflictError` when it has another version. */
  delete(key: string | Uint8Array, options: KvDeleteOptions = {}): Observable<boolean> {
    const { casVersion, namespace } = onlyKnown('kv.delete', options, DELETE_OPTIONS);
    const request = { key: nameBytes('key', key), ...(casVersion === undefined ? {} : { casVersion }) };
    return this.commands.ask(about(this.commands.wire.kv.delete, key, options), request, { namespace }).pipe(
      map(({ existed }) => existed),
      catchError((error: unknown) => (isAbsent(error) ? of(false) : throwError(() => error))),
    );
  }
}

/** The operation under a name that tells, in its errors, which key it is about and what was asked of that. */
function about<Q, A>(
  operation: Operation<Q, A>,
  key: string | Uint8Array,
  { casVersion, ifNotExists, ifExists }: Pick<KvPutOptions, 'casVersion' | 'ifNotExists' | 'ifExists'>,
): Operation<Q, A> {
  const short = typeof key === 'string' && key.length > LONGEST_SHOWN ? `${key.slice(0, LONGEST_SHOWN)}…` : key;
  const words = [`${operation.name} ${typeof short === 'string' ? JSON.stringify(short) : `${short.length} bytes`}`];
  if (casVersion !== undefined) words.push(`casVersion ${casVersion}`);
  if (ifNotExists === true) words.push('ifNotExists');
  if (ifExists === true) words.push('ifExists');
  return { ...operation, name: words.join(', ') };
}

/** Status 2 also says that a transaction is unknown: that one is an error (flo.md 4.10). */
function isAbsent(error: unknown): boolean {
  return error instanceof NotFoundError && (error.reason === undefined || error.reason === 'not_found');
}
