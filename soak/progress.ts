import { Presets, SingleBar } from 'cli-progress';

/** Shows how many hours have gone by. `close` gives the terminal back. */
export interface Progress {
  hourIsOver(): void;
  close(): void;
}

/** A bar where someone watches a terminal, a line for each tenth where the output is kept. */
export function showProgress(output: NodeJS.WriteStream, hours: number): Progress {
  return output.isTTY ? bar(output, hours) : lines(output, hours);
}

function bar(output: NodeJS.WriteStream, hours: number): Progress {
  const format = 'soak {bar} {value} of {total} hours, {duration_formatted} of {eta_formatted} more';
  const display = new SingleBar({ stream: output, format, hideCursor: true }, Presets.shades_classic);
  display.start(hours, 0);
  return { hourIsOver: () => display.increment(), close: () => display.stop() };
}

function lines(output: NodeJS.WriteStream, hours: number): Progress {
  const started = performance.now();
  const step = Math.max(1, Math.ceil(hours / 10));
  let done = 0;
  return {
    hourIsOver: () => {
      if (++done % step !== 0 && done !== hours) return;
      const seconds = (performance.now() - started) / 1_000;
      output.write(
        `soak: ${done.toLocaleString('en-US')} of ${hours.toLocaleString('en-US')} hours in ${seconds.toFixed(1)} s\n`,
      );
    },
    close: () => {},
  };
}
