import { cpus, totalmem } from 'node:os';
import { pinned } from './processes.js';

/** One line that says where figures come from. */
export function describeMachine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = all[0]?.model.trim() ?? 'unknown CPU';
  return `${all.length} × ${model}, ${memory} GiB, ${process.platform} ${process.arch}, Node ${process.version}${pinned ? ', server on CPU 0, client on CPU 1' : ', processes not pinned'}`;
}
