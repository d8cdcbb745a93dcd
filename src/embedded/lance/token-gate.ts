import { isUtf8 } from 'node:buffer';
import type { AuthenticateResponse } from '../../codecs/lance/replies.js';
import { readText } from '../../codecs/lance/request-payloads.js';

/** Token authentication of the embedded server (section 10.1). */
export interface TokenAuth {
  /** Accepted tokens. An empty list leaves the server open, as the genuine one does. */
  readonly tokens: readonly string[];
  /** Like the genuine setting, which, surprisingly, enforces nothing at all. Default false. */
  readonly writeOnly?: boolean | undefined;
  /** Not faithful: every control frame but Authenticate needs a token, not just ingests. Default false. */
  readonly enforceAll?: boolean | undefined;
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

  /** The answer to Authenticate. Without configured tokens any token will do, but there must be one. */
  check(payload: Uint8Array): AuthenticateResponse {
    if (payload.length === 0) return { success: false, message: 'No token provided' };
    if (!isUtf8(payload)) return { success: false, message: 'Invalid token encoding' };
    const success = this.#tokens.size === 0 || this.#tokens.has(readText(payload, 0, payload.length));
    return { success, message: success ? 'Authenticated' : 'Invalid token' };
  }
}
