/** Progress on stderr, so that stdout holds only the report: one line rewritten on a terminal, else a line per change. */
export function progressLine(quiet: boolean): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  if (quiet) return { show: () => undefined, clear: () => undefined };
  if (!stderr.isTTY) return { show: (text) => void stderr.write(`${text}\n`), clear: () => undefined };
  return {
    show: (text) => void stderr.write(`\r\x1b[2K${text.slice(0, Math.max(20, stderr.columns - 1))}`),
    clear: () => void stderr.write('\r\x1b[2K'),
  };
}

/** A table with a header; columns after the first are aligned to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
