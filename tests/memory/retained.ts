/** Bytes that are still reachable in this process. Memory behind array buffers is given back by the second collection only. */
export function retained(): number {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('start with --expose-gc');
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
