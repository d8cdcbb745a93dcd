import { isAsymmetric } from './asymmetric.js';
import { equals } from './equality.js';
import { matchesError } from './error-pattern.js';
import { freeLetter, isLetter } from './free-letters.js';
import type { Moment } from './moment.js';
import type { Legend, MarbleEvent, Recording } from './recording.js';

/** A picture with more different things in it is no picture; the rest is drawn alike. */
const MOST_OF_OURS = 200;
const UNNAMED = '?';

/** What the letters of a test's diagram stand for, and by which letters what happened is drawn. */
export class Letters {
  private readonly values: Legend;
  /** Letters of ours, for what the test has none for. */
  private readonly own = new Map<string, MarbleEvent>();

  /** All that the test may write, those of its diagram first. */
  private readonly known: ReadonlySet<string>;

  /** `error` is what `#` stands for; any error if undefined. */
  constructor(
    private readonly recording: Recording,
    expected: readonly Moment[],
    values: Legend | undefined,
    readonly error: unknown,
  ) {
    this.values = { ...recording.legend, ...values };
    const written = expected.flatMap(({ kind, letter }) => (kind === 'next' ? [letter] : []));
    const given = values === undefined ? [] : Object.keys(values).filter(isLetter);
    this.known = new Set([...written, ...given, ...Object.keys(recording.legend ?? {})]);
  }

  /** A letter without a meaning stands for itself. */
  meaning(letter: string): unknown {
    return Object.hasOwn(this.values, letter) ? this.values[letter] : letter;
  }

  /** Whether the test or the kit gave it a meaning. */
  has(letter: string): boolean {
    return Object.hasOwn(this.values, letter);
  }

  /** Whether a letter has a meaning beside itself. */
  explains(letter: string): boolean {
    return this.has(letter) && this.values[letter] !== letter;
  }

  /** Whether its meaning is a name of the kit's, such as `acked`, not a value of the test's. */
  isTheKits(letter: string): boolean {
    const { legend = {} } = this.recording;
    return Object.hasOwn(legend, letter) && legend[letter] === this.values[letter];
  }

  /** The letters that the recording has a meaning for. */
  get kits(): readonly string[] {
    return Object.keys(this.recording.legend ?? {});
  }

  /** Whether the test has no such letter: it was made up for what happened. */
  isNew(letter: string): boolean {
    return this.own.has(letter);
  }

  /** Whether an expected object says only what it names. */
  get isPartial(): boolean {
    return this.recording.matches !== undefined;
  }

  /** Whether this is what the test says happens. */
  matches({ kind, value }: MarbleEvent, moment: Moment): boolean {
    if (kind !== moment.kind) return false;
    if (kind === 'complete') return true;
    if (kind === 'next') return this.same(value, this.meaning(moment.letter));
    return this.error === undefined || this.same(value, this.error) || this.fits(value);
  }

  /** The event as it is drawn: by `hint` if that matches, else by a letter that stands for it, else by a new one. */
  draw(event: MarbleEvent, hint?: Moment): Moment {
    const { atMs, kind } = event;
    if (kind === 'complete') return { atMs, kind, letter: '|' };
    if (kind === 'error') return { atMs, kind, letter: '#' };
    if (hint !== undefined && this.matches(event, hint)) return { atMs, kind, letter: hint.letter };
    return { atMs, kind, letter: this.standing(event) ?? this.newFor(event) };
  }

  private standing(event: MarbleEvent): string | undefined {
    const is = (letter: string): boolean => this.matches(event, { atMs: 0, kind: 'next', letter });
    for (const letter of this.known) if (is(letter)) return letter;
    const itself = String(printable(event.value));
    return isLetter(itself) && is(itself) ? itself : undefined;
  }

  private newFor(event: MarbleEvent): string {
    for (const [letter, { value }] of this.own) if (equal(value, event.value)) return letter;
    const letter = this.free();
    this.own.set(letter, event);
    return letter;
  }

  private free(): string {
    if (this.own.size >= MOST_OF_OURS) return UNNAMED;
    return freeLetter((letter) => this.known.has(letter) || this.own.has(letter));
  }

  private fits(value: unknown): boolean {
    try {
      return matchesError(value, this.error);
    } catch {
      return false;
    }
  }

  private same(actual: unknown, expected: unknown): boolean {
    try {
      if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
      return this.recording.matches?.(actual, expected) ?? equal(actual, expected);
    } catch {
      return false;
    }
  }
}

function printable(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'number' ? value : '';
}

/** Hostile getters are no reason to fail in another way than by a picture. */
function equal(one: unknown, other: unknown): boolean {
  try {
    return equals(one, other);
  } catch {
    return false;
  }
}
