/** Bytes, each the highest of all samples minus the value before the first subscription. */
export interface Growth {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** How far the process had grown at one moment, in bytes of RSS. */
export interface GrowthSample {
  readonly ms: number;
  readonly rss: number;
}

/** What a watch has seen. */
export interface GrowthFigures {
  readonly growth: Growth;
  readonly samples: readonly GrowthSample[];
}

const SAMPLE_MS = 10;
const MIB = 1 << 20;

/**
 * Samples this process until the returned function is called. No garbage is collected on demand: what the process
 * grows by is what an operator of it would see.
 */
export function watchGrowth(): () => GrowthFigures {
  const base = process.memoryUsage();
  const from = performance.now();
  const peak = { heapUsed: base.heapUsed, external: base.external, rss: base.rss };
  const samples: GrowthSample[] = [];
  const sample = (): void => {
    const { heapUsed, external, rss } = process.memoryUsage();
    peak.heapUsed = Math.max(peak.heapUsed, heapUsed);
    peak.external = Math.max(peak.external, external);
    peak.rss = Math.max(peak.rss, rss);
    samples.push({ ms: Math.round(performance.now() - from), rss: rss - base.rss });
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    sample();
    const growth = {
      heapUsed: peak.heapUsed - base.heapUsed,
      external: peak.external - base.external,
      rss: peak.rss - base.rss,
    };
    return { growth, samples };
  };
}

/** For people and for JSON: one digit after the point. */
export function inMib({ heapUsed, external, rss }: Growth): Growth {
  const mib = (bytes: number): number => Number((bytes / MIB).toFixed(1));
  return { heapUsed: mib(heapUsed), external: mib(external), rss: mib(rss) };
}
