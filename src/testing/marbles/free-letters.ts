const LATIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Greek, and what comes behind it. */
const MORE_FROM = 0x3b1;

/** The next letter that is not taken; there are thousands. */
export function freeLetter(taken: (letter: string) => boolean): string {
  for (const letter of LATIN) if (!taken(letter)) return letter;
  for (let code = MORE_FROM; ; code++) {
    const letter = String.fromCodePoint(code);
    if (/\p{L}/u.test(letter) && !taken(letter)) return letter;
  }
}

/** What a letter can't be: it is syntax. */
const SYNTAX = ' -()|#^!';

/** Whether it may stand in a diagram for something. */
export function isLetter(text: string): boolean {
  return [...text].length === 1 && !SYNTAX.includes(text) && !/\s/u.test(text);
}
