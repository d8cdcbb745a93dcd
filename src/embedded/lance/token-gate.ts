import { isUtf8 } from 'node:buffer';
import { Text } from './texts.js';

/** Token authentication of the embedded server (section 10.1). */
export interface TokenAuth {
  /** Accepted tokens. An empty list leaves the server open, as the genuine one does. */
  readonly tokens: readonly string[];
  /** Like the genuine setting, which, surprisingly, enforces nothing at all. Default false. */
  readonly writeOnly?: boolean;
  /** Not faithful: every request but Authenticate and keepalives needs a token, not just ingests. Default false. */
  readonly enforceAll?: boolean;
}

/** Decides who needs a token and whether a token is right. */
export class TokenGate {
  readonly #tokens: ReadonlySet<string>;
  readonly guardsIngests: boolean;
  readonly guardsCommands: boolean;

  constructor(auth: TokenAuth | undefined) {
    this.#tokens = new Set(auth?.tokens);
    const enabled = this.#tokens.size > 0;
    this.guardsCommands = enabled && auth?.enforceAll === true;
    this.guardsIngests = this.guardsCommands || (enabled && auth?.writeOnly !== true);
  }

  check(payload: Uint8Array): { readonly success: boolean; readonly message: string } {
    if (payload.length === 0) return { success: false, message: Text.noToken };
    if (!isUtf8(payload)) return { success: false, message: Text.invalidTokenEncoding };
    const token = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
    const success = this.#tokens.size === 0 || this.#tokens.has(token);
    return { success, message: success ? Text.authenticated : Text.invalidToken };
  }
}
