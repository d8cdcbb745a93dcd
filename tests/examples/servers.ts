import { lastValueFrom, timer, type Observable } from 'rxjs';
import { FloServer, LanceServer, LightningServer, type FloServerOptions } from 'sluice/embedded';
import type { Addresses } from '../../examples/flights/addresses.js';
import { runJob, type JobOptions } from '../../examples/flights/job.js';
import { noProgress, type Progress } from '../../examples/flights/progress.js';
import type { Run } from '../../examples/flights/report.js';

/** What can be stopped, and started again where it was. */
interface Restartable {
  start(): Observable<unknown>;
  stop(): Observable<void>;
}

/** Three servers of a test's own on real sockets. */
export interface Servers {
  readonly lance: LanceServer;
  readonly flo: FloServer;
  readonly lightning: LightningServer;
  readonly addresses: Required<Addresses>;
}

/** Starts three servers, runs a test, stops them. */
export async function withServers(
  test: (servers: Servers) => Promise<void>,
  options: { readonly flo?: FloServerOptions } = {},
): Promise<void> {
  const [lance, flo, lightning] = [new LanceServer(), new FloServer(options.flo), new LightningServer()];
  for (const server of [lance, flo, lightning]) await finished<unknown>(server.start());
  try {
    await test({ lance, flo, lightning, addresses: { lance, flo, lightning: lightning.origin } });
  } finally {
    for (const server of [lance, flo, lightning]) await finished<unknown>(server.stop());
  }
}

/** Runs the job in this process. */
export function job({ addresses }: Servers, options: Partial<JobOptions> = {}): Promise<Run> {
  const stop = new AbortController().signal;
  return runJob({ seed: 1, lose: 0, progress: noProgress, stop, ...addresses, ...options });
}

/** Stops servers and starts them again while a job goes on: each time a stage has come so far. */
export class Restarts {
  /** How often a server has been back. */
  count = 0;
  readonly #under: Promise<void>[] = [];

  constructor(
    private readonly servers: readonly Restartable[],
    private readonly at: Readonly<Record<string, readonly number[]>>,
    private readonly awayMs = 30,
  ) {}

  /** The progress of a job, which says when. */
  get progress(): Progress {
    return { stage: (name) => this.#stage(name), close: () => {} };
  }

  /** Settles when all servers are back. */
  async over(): Promise<void> {
    await Promise.all(this.#under);
  }

  #stage(name: string): { add(count: number): void; end(): void } {
    const due = [...(this.at[name] ?? [])];
    let done = 0;
    return {
      add: (count) => {
        done += count;
        while (done >= (due[0] ?? Number.POSITIVE_INFINITY)) {
          due.shift();
          for (const server of this.servers) this.#under.push(this.#restart(server));
        }
      },
      end: () => {},
    };
  }

  async #restart(server: Restartable): Promise<void> {
    await finished(server.stop());
    await finished(timer(this.awayMs));
    await finished(server.start());
    this.count += 1;
  }
}

export const finished = <T>(source: Observable<T>): Promise<T | undefined> =>
  lastValueFrom(source, { defaultValue: undefined });
