import { fileURLToPath } from 'node:url';
import { start } from './child.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const STARTS_WITHIN_MS = 60_000;

/** Starts a program that serves, hands what `found` makes of its output to `session`, and ends it whatever happens. */
export async function withProgram(name, command, args, { found, quiet = false, ...options }, session) {
  let listening;
  const address = new Promise((resolve) => (listening = resolve));
  const output = [];
  const lines = (line, out) => {
    const where = found(line, out);
    if (where === undefined) output.push(line);
    else listening(where);
  };
  const { child, ended } = start(command, args, { cwd: root, ...options, lines });
  const died = ended.then(({ status }) => {
    throw new Error(`${name} ended with ${status}: ${output.join('\n')}`);
  });
  const late = setTimeout(() => child.kill('SIGKILL'), STARTS_WITHIN_MS);
  let result;
  try {
    const where = await Promise.race([address, died]);
    clearTimeout(late);
    result = await Promise.race([session(where), died]);
  } finally {
    clearTimeout(late);
    died.catch(() => {});
    child.kill('SIGTERM');
  }
  const { status } = await ended;
  if (quiet && (status !== 0 || output.length > 0)) {
    throw new Error(`${name} ended with ${status} after SIGTERM: ${output.join('\n')}`);
  }
  return result;
}

/** Runs `session` with the address of a fresh `sluice serve <system>`, which must then end cleanly and in silence. */
export async function withServer(system, session, switches = []) {
  const heading = `sluice: ${system} listening on `;
  const found = (line, out) => (out && line.startsWith(heading) ? line.slice(heading.length) : undefined);
  const args = ['--import', 'tsx', 'src/cli/main.ts', 'serve', system, '--port', '0', ...switches];
  return withProgram(`sluice serve ${system}`, process.execPath, args, { found, quiet: true }, session);
}
