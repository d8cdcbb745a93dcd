import { spawn } from 'node:child_process';

const children = new Set();

// Whatever happens, nothing that was started here outlives this process.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Starts a program; `lines` is called with each line of its output. */
export function start(command, args, { lines = () => {}, ...options } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: error.message }));
    child.once('close', (code, signal) => resolve({ status: signal ?? code }));
  }).finally(() => children.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop();
      for (const line of parts) lines(line, stream === child.stdout);
    });
  }
  return { child, ended };
}

/** Runs a program to its end, at most so long; resolves with its output, rejects if it fails. */
export async function run(command, args, { withinMs = 120_000, echo = false, ...options } = {}) {
  const output = [];
  const lines = (line) => {
    output.push(line);
    if (echo) console.log(line);
  };
  const { child, ended } = start(command, args, { ...options, lines });
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const { status } = await ended;
  clearTimeout(timer);
  if (status === 0) return output;
  throw new Error(`${command} ${args.join(' ')}: ended with ${status}\n${echo ? '' : output.join('\n')}`.trimEnd());
}
