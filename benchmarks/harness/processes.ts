import { execFileSync, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Respondent } from './questions.js';

const SERVER_CPU = 0;
const CLIENT_CPU = 1;

/** True when processes can be given a CPU of their own; without it figures are noisier, and the A/A control says how much. */
export const pinned = canPin();

function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['-c', `${SERVER_CPU},${CLIENT_CPU}`, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Which CPU a process runs on. */
export type Place = 'server' | 'client' | 'free';

/** How to start one program in a process of its own. */
export interface Start {
  /** The file, compiled or TypeScript. */
  readonly file: string;
  readonly argument: unknown;
  /** Free: wherever the system likes, beside a server that is nobody's to place. */
  readonly on: Place;
  readonly nodeOptions?: readonly string[];
}

/** Starts the process, on its CPU where that is possible. */
export function startProcess<Question>({ file, argument, on, nodeOptions = [] }: Start): Respondent<Question> {
  const node = [...(file.endsWith('.ts') ? ['--import', 'tsx'] : []), ...nodeOptions];
  const [execPath, ...execArgv] = placed(on, [process.execPath, ...node]);
  const child = fork(file, [JSON.stringify(argument)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execPath,
    execArgv,
  });
  return new Respondent(child, basename(file));
}

/** The command that runs `command` on its CPU, where that is possible. */
export function placed(on: Place, command: readonly [string, ...string[]]): [string, ...string[]] {
  if (!pinned || on === 'free') return [...command];
  return ['taskset', '-c', String(on === 'server' ? SERVER_CPU : CLIENT_CPU), ...command];
}
