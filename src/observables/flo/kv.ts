import { catchError, map, of, throwError, type Observable } from 'rxjs';
import { NotFoundError } from '../../codecs/flo/errors.js';
import type { KvPutRequest, KvVersioned } from '../../codecs/flo/operations.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { Commands } from './commands.js';
import { waitOf, type KvDeleteOptions, type KvGetOptions, type KvPutOptions } from './kv-options.js';
import { askUntil } from './kv-wait.js';
import { nameBytes, valueBytes } from './payloads.js';

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
    const waitMs = waitOf(options);
    const bytes = nameBytes('key', key);
    const { codec, namespace, waitFor = 'exists' } = options;
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
    const { ttlMs, casVersion, ifNotExists = false, ifExists = false, codec, namespace } = options;
    if (ifNotExists && ifExists) {
      throw new InvalidOptionError('ifExists', ifExists, 'must not be given together with ifNotExists');
    }
    const request: KvPutRequest = {
      key: nameBytes('key', key),
      value: valueBytes('value', value, codec),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(casVersion === undefined ? {} : { casVersion }),
      ...(ifNotExists ? { condition: 'ifAbsent' } : ifExists ? { condition: 'ifPresent' } : {}),
    };
    return this.commands.ask(this.commands.wire.kv.put, request, { namespace });
  }

  /** Deletes a key and emits whether it existed (4.2.3). Errors with `ConflictError` when it has another version. */
  delete(key: string | Uint8Array, { casVersion, namespace }: KvDeleteOptions = {}): Observable<boolean> {
    const request = { key: nameBytes('key', key), ...(casVersion === undefined ? {} : { casVersion }) };
    return this.commands.ask(this.commands.wire.kv.delete, request, { namespace }).pipe(
      map(({ existed }) => existed),
      catchError((error: unknown) => (isAbsent(error) ? of(false) : throwError(() => error))),
    );
  }
}

/** Status 2 also says that a transaction is unknown: that one is an error (flo.md 4.10). */
function isAbsent(error: unknown): boolean {
  return error instanceof NotFoundError && (error.reason === undefined || error.reason === 'not_found');
}
