/** How many calls above a timer are known, and above one that the test itself makes. */
const DEPTH = 20;
const ROOT_DEPTH = 60;

/** Where a timer was made, and the first of those that led to it. */
export interface TimerOrigin {
  readonly own: Error;
  readonly root: Error;
}

/** That of a timer which is being made while another one fires, or none. */
export function originBelow(present: TimerOrigin | undefined): TimerOrigin {
  const own = whereFrom(present === undefined ? ROOT_DEPTH : DEPTH);
  return { own, root: present?.root ?? own };
}

/** Its stack is written out only if it is asked for; test runners want more of it than is cheap to keep. */
function whereFrom(depth: number): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = depth;
  try {
    return new Error('where');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The user's line that made a timer, or else led to it; if there is none, the library's own. */
function lineOf({ own, root }: TimerOrigin): string {
  const lines = linesOf(own);
  // The first of them is the one below, in this file.
  const ours = /(?:\(|at )([^()]*)testing.run.timer-origin/.exec(lines[0] ?? '')?.[1] ?? '';
  const isUsers = (line: string): boolean => !line.includes(ours);
  const isClients = (line: string): boolean => !/testing.run|foundation.clock/.test(line);
  return (lines.find(isUsers) ?? linesOf(root).find(isUsers) ?? lines.find(isClients) ?? '').trim();
}

function linesOf({ stack = '' }: Error): string[] {
  const lines = stack.split('\n').slice(1);
  return lines.filter((line) => !/node_modules.rxjs/.test(line));
}

/** The line that most of these were made at. */
export function mostFrequentLine(origins: readonly TimerOrigin[]): string {
  const counts = new Map<string, number>();
  for (const line of origins.map(lineOf)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'at an unknown place';
}
