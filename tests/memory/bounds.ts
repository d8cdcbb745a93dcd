/** What one pipeline is asked to do. */
export interface PipelineQuestion {
  readonly pipeline: string;
  readonly window: { readonly deliveries: number; readonly bytes: number };
  /** How long one that never settles is watched. */
  readonly standMs: number;
  /** When one that settles is given up. */
  readonly limitMs: number;
}

/** The highest values seen, in bytes. */
export interface PipelineFigures {
  /** What the server sent minus what the pipeline settled. */
  readonly unsettled: number;
  /** Of heapUsed + external after a collection, over the value before the subscription. */
  readonly growth: number;
  /** Settled in all. */
  readonly settled: number;
  /** The length of the topic. */
  readonly end: number;
  readonly seconds: number;
}

/** Bytes that are in use: the window, the frame that was on its way when it filled up, and the process's own noise. */
export const WINDOW_BYTES = 4 << 20;
export const FRAME_BYTES = 1 << 20;
const NOISE_BYTES = 16 << 20;

/** Which of the promises a run broke. */
export function brokenBounds({ unsettled, growth }: Pick<PipelineFigures, 'unsettled' | 'growth'>): string[] {
  const broken: string[] = [];
  if (unsettled > WINDOW_BYTES + FRAME_BYTES)
    broken.push(`unsettled: ${mib(unsettled)} of ${mib(WINDOW_BYTES + FRAME_BYTES)}`);
  const limit = WINDOW_BYTES + FRAME_BYTES + NOISE_BYTES;
  if (growth > limit) broken.push(`memory: grew by ${mib(growth)} of ${mib(limit)}`);
  return broken;
}

const mib = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
