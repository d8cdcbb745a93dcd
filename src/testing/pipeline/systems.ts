import { concat, defer, ignoreElements, type Observable } from 'rxjs';
import { decodeRecords, encodeRecords } from '../../codecs/lance/tlv.js';
import type { Producer } from '../../observables/lance/producing/producer.js';
import type { FloRig } from '../flo/flo-rig.js';
import type { MarbleKit } from '../kit/kit.js';
import type { LanceRig } from '../lance/lance-rig.js';
import type { LightningRig } from '../lightning/lightning-rig.js';
import type { MarbleRun } from '../run/marble-run.js';
import { feed } from './input.js';
import type { FaultPlan, PipelineClients, PipelineOptions } from './options.js';
import type { PipelineResult, QueueInTheEnd } from './result.js';
import { messageOf, recordOf } from './values.js';

/** The three embedded servers of one run, and a client of each. */
export class Systems {
  readonly clients: PipelineClients;
  private readonly lance: LanceRig;
  private readonly producer: Producer;
  private readonly flo: FloRig;
  private readonly lightning: LightningRig;
  private readonly queues: readonly string[];

  /** Makes them, and puts in what is there from the beginning. */
  constructor(
    run: MarbleRun,
    kit: Pick<MarbleKit, 'lance' | 'flo' | 'lightning'>,
    { lance = {}, flo = {}, lightning = {}, latencyMs = 10 }: PipelineOptions,
  ) {
    const { topics = {}, faults: lanceFaults, ...lanceOptions } = lance;
    const { queues = {}, faults: floFaults, ...floOptions } = flo;
    const { rollouts = [], faults: lightningFaults, ...lightningOptions } = lightning;
    this.lance = kit.lance({ latencyMs, ...lanceOptions });
    this.flo = kit.flo({ latencyMs, ...floOptions });
    this.lightning = kit.lightning({ latencyMs, ...lightningOptions });
    this.queues = Object.keys(queues);
    this.producer = this.lance.producer();
    this.clients = {
      lance: this.lance.client,
      producer: this.producer,
      flo: this.flo.client,
      store: this.lightning.client,
    };
    for (const [topic, input] of Object.entries(topics)) {
      this.lance.server.createTopic(topic);
      feed(run, `lance.topics.${topic}`, input, (value) => {
        this.lance.server.append(topic, encodeRecords([recordOf(value)]));
      });
    }
    for (const [queue, input] of Object.entries(queues)) {
      feed(run, `flo.queues.${queue}`, input, (value) => void this.flo.server.enqueue(queue, messageOf(value)));
    }
    feed(run, 'lightning.rollouts', rollouts, (rollout) => void this.lightning.server.enqueue(rollout));
    plan(this.lance, lanceFaults);
    plan(this.flo, floFaults);
    plan(this.lightning, lightningFaults);
  }

  /** Closes the clients, one after the other; completes when that is done. */
  close(): Observable<never> {
    const { lance, producer, flo, store } = this.clients;
    return concat(
      defer(() => flo.close()),
      defer(() => lance.close()),
      defer(() => producer.close()),
      defer(() => store.close()),
    ).pipe(ignoreElements());
  }

  /** What there is to see of the servers at this moment. */
  look(): Pick<PipelineResult<never>, 'wires' | 'servers' | 'topics' | 'queues'> {
    const { lance, flo, lightning } = this;
    const servers = { lance: lance.server, flo: flo.server, lightning: lightning.server };
    return {
      servers,
      wires: { lance: lance.wire, flo: flo.wire, lightning: lightning.wire },
      topics: Object.fromEntries(servers.lance.topics.map(({ name }) => [name, this.recordsOf(name)])),
      queues: Object.fromEntries(this.queues.map((name) => [name, this.queueNamed(name)])),
    };
  }

  private recordsOf(topic: string): string[] {
    return decodeRecords(this.lance.server.read(topic)).records.map(({ value }) => textOf(value));
  }

  private queueNamed(name: string): QueueInTheEnd {
    const { server } = this.flo;
    const deadLetters = server.deadLetters(name).map(({ payload }) => textOf(payload));
    return { ...server.queue(name), deadLetters };
  }
}

function plan(rig: Pick<LanceRig, 'faults'>, faults: FaultPlan | undefined): void {
  if (faults !== undefined) rig.faults(faults.marbles, faults.faults);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
