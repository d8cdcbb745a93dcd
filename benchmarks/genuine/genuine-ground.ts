import type { Digest } from '../fake-server/digest.js';
import { addRecord, emptyDigest } from '../fake-server/digest.js';
import { PERIOD_BYTES, SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';
import { answerWithin } from '../harness/answer-within.js';
import type { Asked } from '../harness/asked.js';
import type { ClientQuestion } from '../harness/client-messages.js';
import type { Target } from '../harness/client-program.js';
import type { Ground } from '../harness/ground.js';
import type { Entrant, Heat } from '../harness/heat.js';
import { checkSame, verifiedRecords } from '../harness/same-digest.js';
import type { Progress } from '../harness/terminal.js';
import { fillTopic } from './fill-topic.js';
import { listeningPid } from './listening-pid.js';
import { RawLance } from './raw-lance.js';

const TLV_HEADER_BYTES = 5;
const FETCH_BYTES = 1 << 20;
/** For 32 MiB; longer than a sink tries, which says more about the reason. */
const VERIFY_PATIENCE_MS = 150_000;

/** Where `LANCE_ADDR` leads. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server that was there before: topics to read are filled first, topics to write are made for each window. */
export class GenuineGround implements Ground {
  /** Nobody says on which CPUs it runs, and its threads would share them with a client that is placed. */
  readonly placed = false;
  readonly serverPid: number | undefined;
  private readonly filled = new Map<number, TopicPlan>();
  private made = 0;

  private constructor(
    private readonly address: Address,
    private readonly lance: RawLance,
  ) {
    const local = ['127.0.0.1', 'localhost', '::1'].includes(address.host);
    this.serverPid = local ? listeningPid(address.port) : undefined;
  }

  /** Fails when the server refuses something, goes away, or says nothing for `patienceMs`. */
  static async open(heat: Heat, address: Address, progress: Progress, patienceMs?: number): Promise<GenuineGround> {
    const ground = new GenuineGround(address, await RawLance.open(address.host, address.port, patienceMs));
    try {
      for (const { topic } of heat.entrants) {
        if (topic.totalBytes === undefined || ground.filled.has(topic.id)) continue;
        progress('filling a topic', `${topic.totalBytes >> 20} MiB`);
        const made = await ground.make(topic);
        ground.filled.set(topic.id, made);
        await fillTopic(address, made, patienceMs);
      }
      return ground;
    } catch (error) {
      // That the topics can't be deleted either is no news then.
      await ground.close().catch(() => undefined);
      throw error;
    }
  }

  async enter({ topic, settings = {}, runner }: Entrant): Promise<Target> {
    const { host, port } = this.address;
    const filled = this.filled.get(topic.id);
    // Lance's own client makes its topic itself.
    const used = filled ?? ('rust' in runner ? { ...topic, name: this.freshName() } : await this.make(topic));
    return { host, ports: { lwp: port, firehose: 0, request: 0, pong: 0 }, topic: used, settings };
  }

  async leave({ topic, runner }: Entrant, target: Target): Promise<void> {
    if (this.filled.has(topic.id)) return;
    const id = 'rust' in runner ? await this.lance.topicId(target.topic.name) : target.topic.id;
    await this.lance.deleteTopic(id);
  }

  async verify(entrant: Entrant, client: Asked<ClientQuestion>): Promise<void> {
    const { name, topic, verify } = entrant;
    const records = verifiedRecords(topic.recordBytes);
    const target = await this.enter(entrant);
    const answer = client.ask<Digest | undefined>({ ask: 'verify', target, records });
    const own = await answerWithin(VERIFY_PATIENCE_MS, `${name}: what it has read or written to be verified`, answer);
    const other =
      verify === 'what is written'
        ? await this.stored(target.topic.id)
        : new SyntheticTopic(target.topic).digest(own?.records ?? records);
    checkSame(name, own, other);
    await this.leave(entrant, target);
  }

  async close(): Promise<void> {
    try {
      for (const { id } of this.filled.values()) await this.lance.deleteTopic(id);
    } finally {
      this.lance.close();
    }
  }

  private async make(topic: TopicPlan): Promise<TopicPlan> {
    const name = this.freshName();
    return { ...topic, name, id: await this.lance.createTopic(name) };
  }

  private freshName(): string {
    return `bench-${process.pid}-${++this.made}`;
  }

  /** Everything that is in a topic. */
  private async stored(topic: number): Promise<Digest> {
    const digest = emptyDigest();
    let rest: Buffer = Buffer.alloc(0);
    for (let start = 0; ;) {
      const data = await this.lance.fetch(topic, start, FETCH_BYTES);
      if (data.length === 0) break;
      start += data.length;
      rest = Buffer.concat([rest, data]);
      let at = 0;
      while (at + TLV_HEADER_BYTES <= rest.length) {
        const end = at + TLV_HEADER_BYTES + rest.readUInt32LE(at + 1);
        if (end > rest.length) break;
        addRecord(digest, rest[at]!, rest.subarray(at + TLV_HEADER_BYTES, end));
        at = end;
      }
      rest = rest.subarray(at);
    }
    if (rest.length > 0) throw new Error(`the topic ends inside a record, ${rest.length} bytes from its end`);
    return digest;
  }
}

/** Whole periods: what is read again and again has no seam. */
export const wholePeriods = (bytes: number): number => Math.floor(bytes / PERIOD_BYTES) * PERIOD_BYTES;
