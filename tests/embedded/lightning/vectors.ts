import { readFileSync } from 'node:fs';

/** A recorded exchange with the genuine server. */
export interface Step {
  readonly id: string;
  readonly title: string;
  /** Seconds. */
  readonly now: number;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query?: readonly (readonly [string, string])[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly body_text?: string;
    readonly body_base64?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly body_text?: string;
  };
  /** JSON pointers into `response` whose values are not compared. */
  readonly volatile?: readonly string[];
  /** The same, because frameworks differ. */
  readonly version_dependent?: readonly string[];
  /** The last line of the traceback. */
  readonly exception?: string;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly server: {
    readonly scan_debounce_seconds: number;
    readonly cors_allow_origins: '*' | readonly string[] | null;
    readonly eviction_memory_threshold?: number;
    readonly safe_memory_threshold?: number;
    readonly span_size_bytes?: number;
  };
  readonly steps: readonly Step[];
}

export const { scenarios } = JSON.parse(readFileSync('tests/vectors/lightning.json', 'utf8')) as {
  scenarios: readonly Scenario[];
};
