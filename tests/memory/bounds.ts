/** How much may be unsettled, and how much a process may hold beyond what it held before, in bytes. */
export interface Bounds {
  readonly unsettled: number;
  readonly growth: number;
}

/** Which of the promises a run broke. */
export function brokenBounds(figures: Bounds, bounds: Bounds): string[] {
  const broken: string[] = [];
  if (figures.unsettled > bounds.unsettled)
    broken.push(`unsettled: ${mib(figures.unsettled)} of ${mib(bounds.unsettled)}`);
  if (figures.growth > bounds.growth) broken.push(`memory: grew by ${mib(figures.growth)} of ${mib(bounds.growth)}`);
  return broken;
}

const mib = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
