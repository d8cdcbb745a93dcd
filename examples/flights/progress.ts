import { MultiBar, Presets } from 'cli-progress';

/** One stage of the job, as a reader sees it pass. */
export interface Stage {
  /** So many more are done. */
  add(count: number): void;
  /** The stage is over, whether or not it came to its end. */
  end(): void;
}

/** Shows the stages of a job. `close` gives the terminal back. */
export interface Progress {
  stage(name: string, total: number): Stage;
  close(): void;
}

/** Bars where someone watches a terminal, one line per finished stage where the output is kept. */
export function showProgress(output: NodeJS.WriteStream): Progress {
  return output.isTTY ? bars(output) : lines((line) => output.write(line));
}

/** For those who want no progress at all. */
export const noProgress: Progress = { stage: () => ({ add: () => {}, end: () => {} }), close: () => {} };

/** One line per stage, written when the stage is over. */
export function lines(write: (line: string) => void): Progress {
  return {
    stage(name, total) {
      const started = performance.now();
      let done = 0;
      return {
        add: (count) => void (done += count),
        end: () => write(`${name}: ${grouped(done)} of ${grouped(total)} in ${seconds(performance.now() - started)}\n`),
      };
    },
    close: () => {},
  };
}

function bars(output: NodeJS.WriteStream): Progress {
  const display = new MultiBar(
    {
      stream: output,
      format: '{name} {bar} {value} of {total} in {duration_formatted}',
      hideCursor: true,
      // Ctrl-C is for the job, which goes on for a moment.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  return {
    stage(name, total) {
      const bar = display.create(total, 0, { name: name.padEnd(NAME_WIDTH) });
      return { add: (count) => bar.increment(count), end: () => bar.stop() };
    },
    close: () => display.stop(),
  };
}

const NAME_WIDTH = 14;

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
