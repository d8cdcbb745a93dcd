/** Two columns wide on a terminal: East Asian scripts, full-width forms, pictures. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;
const NOTHING = /[\p{Mark}\p{Cf}\p{Cc}]/u;

/** How many columns of a terminal a character takes. */
function columnsOfOne(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** The text with spaces behind it, so that it takes `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** What stands from column `from` up to column `to`. */
export function cutOut(text: string, from: number, to: number): string {
  let at = 0;
  let out = '';
  for (const character of text) {
    const columns = columnsOfOne(character);
    if (at >= from && at + columns <= to) out += character;
    else if (at < to && at + columns > from) out += ' ';
    at += columns;
  }
  return out;
}

/** The beginning of the text, with `…` if that is not all. */
export function shortened(text: string, columns: number): string {
  return columnsOf(text) <= columns ? text : `${cutOut(text, 0, columns - 1).trimEnd()}…`;
}
