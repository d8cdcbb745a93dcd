import type { Observable } from 'rxjs';
import type { NewRollout } from '../../codecs/lightning/requests/queue.js';
import { milliseconds } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { FloClient } from '../../observables/flo/flo-client.js';
import type { LanceClient } from '../../observables/lance/lance-client.js';
import type { Producer } from '../../observables/lance/producing/producer.js';
import type { LightningStoreClient } from '../../observables/lightning/lightning-store-client.js';
import type { FaultLegend } from '../faults/letters.js';
import type { FloRigOptions } from '../flo/flo-rig.js';
import type { MarbleKit } from '../kit/kit.js';
import type { LanceRigOptions } from '../lance/lance-rig.js';
import type { LightningRigOptions } from '../lightning/lightning-rig.js';
import type { MarbleOptions } from '../run/options.js';
import type { PipelineInput } from './input.js';

/** What a pipeline is made of: clients of the three embedded servers. Each connects when it is used. */
export interface PipelineClients {
  readonly lance: LanceClient;
  /** Of the same server as `lance`. */
  readonly producer: Producer;
  readonly flo: FloClient;
  readonly store: LightningStoreClient;
}

/** A user's function under test; the kit is that of {@link marbles}, for what the pipeline needs beside its clients. */
export type Pipeline<O> = (clients: PipelineClients, kit: MarbleKit) => Observable<O>;

/** What goes wrong on the way to a server, and when; letters stand for faults, as in `faults` of the servers of {@link marbles}. */
export interface FaultPlan {
  readonly marbles: string;
  readonly faults?: FaultLegend;
}

/** What the servers have in the beginning, how they behave, and what happens on the way to them. */
export interface PipelineOptions extends Pick<MarbleOptions, 'seed' | 'jitter'> {
  /** `topics` exist from the beginning, those with `[]` are empty. Bytes and texts are records as they are, other values JSON. */
  readonly lance?: LanceRigOptions & {
    readonly topics?: Readonly<Record<string, PipelineInput>>;
    readonly faults?: FaultPlan;
  };
  /** `queues` are looked at in the end. Bytes and texts are messages as they are, other values JSON. */
  readonly flo?: FloRigOptions & {
    readonly queues?: Readonly<Record<string, PipelineInput>>;
    readonly faults?: FaultPlan;
  };
  readonly lightning?: LightningRigOptions & {
    readonly rollouts?: PipelineInput<NewRollout>;
    readonly faults?: FaultPlan;
  };
  /** When the pipeline is told to stop, in virtual milliseconds, unless it has ended by itself. Default 60 000. */
  readonly forMs?: number;
  /** How long what is in flight then may take, in virtual milliseconds. Default 30 000. */
  readonly drainMs?: number;
  /** How long the way to each server is, in milliseconds. Default 10. */
  readonly latencyMs?: number;
}

/** @throws InvalidOptionError */
export function pipelineOptions(options: PipelineOptions): PipelineOptions & { forMs: number; drainMs: number } {
  const {
    forMs = 60_000,
    drainMs = 30_000,
    ...rest
  } = onlyKnown('testPipeline', options, {
    lance: true,
    flo: true,
    lightning: true,
    forMs: true,
    drainMs: true,
    latencyMs: true,
    seed: true,
    jitter: true,
  });
  return { ...rest, forMs: milliseconds('forMs', forMs), drainMs: milliseconds('drainMs', drainMs) };
}
