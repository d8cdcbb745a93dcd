/** What is wrong with one value of a request, in the form that the genuine server reports (lightning.md 7, status 422). */
export interface Issue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Reads a value leniently; what it can't read it reports, and then what it returns is never used. */
export type Read<T> = (value: unknown, issues: Issues) => T;

/** More than this many are not listed: an answer must not be many times larger than its request. */
const MOST = 200;

/** What is wrong with one request, gathered while it is read. */
export class Issues {
  readonly found: Issue[] = [];
  readonly #echo: boolean;
  #path: (string | number)[];

  /** `echo` tells whether the values at fault are shown in the answer. */
  constructor(root: 'body' | 'query', echo = true) {
    this.#path = [root];
    this.#echo = echo;
  }

  /** Reads a part of the value that is being read. */
  within<T>(key: string | number, read: Read<T>, value: unknown): T {
    this.#path.push(key);
    const result = read(value, this);
    this.#path.pop();
    return result;
  }

  /** Notes that the value being read is no good. Returns what stands for it, typed as the reader pleases. */
  add<T = never>(type: string, msg: string, input: unknown, ctx?: Readonly<Record<string, unknown>>): T {
    if (this.found.length < MOST) {
      const shown = this.#echo ? input : null;
      this.found.push({ type, loc: [...this.#path], msg, input: shown, ...(ctx && { ctx }) });
    }
    return undefined as T;
  }

  /** A fresh list for trying one of several ways to read the value being read. */
  attempt(): Issues {
    const fresh = new Issues('body', this.#echo);
    fresh.#path = [...this.#path];
    return fresh;
  }
}
