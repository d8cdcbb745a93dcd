/** Where a text stops being JSON, in characters (not UTF-16 units), and what should have been there. */
export class JsonFault extends Error {
  readonly at: number;

  constructor(message: string, text: string, at: number) {
    super(message);
    this.at = Array.from(text.slice(0, at)).length;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/**
 * Parses JSON as Python does: `NaN`, `Infinity` and `-Infinity` are numbers, and errors tell where and why in its words.
 * Slow; for texts that `JSON.parse` refuses.
 *
 * @throws JsonFault
 */
export function parsePythonJson(text: string): unknown {
  const parser = new Parser(text);
  return parser.document();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('Extra data');
    return value;
  }

  #value(): unknown {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const digits = this.#match(NUMBER);
    if (digits === '') throw this.#fault('Expecting value');
    return Number(digits);
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at++;
    this.#space();
    if (this.#take('}')) return {};
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#fault('Expecting property name enclosed in double quotes');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw this.#fault("Expecting ':' delimiter");
      this.#space();
      entries.push([key, this.#value()]);
      this.#space();
      if (this.#take('}')) return Object.fromEntries(entries);
      if (!this.#take(',')) throw this.#fault("Expecting ',' delimiter");
      this.#space();
    }
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.#value());
      this.#space();
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw this.#fault("Expecting ',' delimiter");
      this.#space();
    }
  }

  #string(): string {
    const start = this.#at++;
    let result = '';
    for (;;) {
      result += this.#plain();
      const next = this.#text[this.#at];
      if (next === undefined) throw this.#fault('Unterminated string starting at', start);
      if (next === '"') {
        this.#at++;
        return result;
      }
      if (next !== '\\') throw this.#fault('Invalid control character at');
      result += this.#escape(start);
    }
  }

  /** What needs no thought: up to a quote, a backslash or a control character. */
  #plain(): string {
    const start = this.#at;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (!(unit >= 0x20) || unit === 0x22 || unit === 0x5c) return this.#text.slice(start, this.#at);
      this.#at++;
    }
  }

  #escape(start: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw this.#fault('Unterminated string starting at', start);
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    if (letter !== 'u') throw this.#fault(`Invalid \\escape: '${letter}'`);
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw this.#fault('Invalid \\uXXXX escape', this.#at + 1);
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #space(): void {
    this.#match(SPACE);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fault(message: string, at = this.#at): JsonFault {
    return new JsonFault(message, this.#text, at);
  }
}
