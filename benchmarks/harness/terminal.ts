/** Says what is going on: a step, and perhaps what exactly. */
export type Progress = (step: string, detail?: string) => void;

/** Progress on stderr, so that stdout holds only the report: one line rewritten on a terminal, else a line per step. */
export function progressLine(quiet: boolean): { readonly show: Progress; clear(): void } {
  const { stderr } = process;
  if (quiet) return { show: () => undefined, clear: () => undefined };
  if (stderr.isTTY) {
    const rewrite = (text: string): void => void stderr.write(`\r\x1b[2K${text}`);
    return {
      show: (step, detail = '') => rewrite(`${step} ${detail}`.slice(0, Math.max(20, stderr.columns - 1))),
      clear: () => rewrite(''),
    };
  }
  let last = '';
  return {
    show: (step) => {
      if (step !== last) stderr.write(`${step}\n`);
      last = step;
    },
    clear: () => undefined,
  };
}

/** A table with a header; columns after the first are aligned to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
