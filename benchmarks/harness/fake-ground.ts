import type { Digest } from '../fake-server/digest.js';
import type { ServerPlan, ServerPorts, ServerQuestion } from '../fake-server/messages.js';
import type { Asked } from './asked.js';
import type { ClientQuestion } from './client-messages.js';
import type { Target } from './client-program.js';
import type { Compiled } from './compile.js';
import type { Ground } from './ground.js';
import type { Entrant, Heat } from './heat.js';
import { startProcess } from './processes.js';
import type { Respondent } from './questions.js';
import { checkSame, verifiedRecords } from './same-digest.js';

export const FAKE_SERVER = 'fake-server/main';
export const FETCH_BYTES = 1 << 20;

/** A server process that sends prepared bytes and stores nothing. */
export class FakeGround implements Ground {
  readonly placed = true;

  private constructor(
    private readonly server: Respondent<ServerQuestion>,
    private readonly ports: ServerPorts,
  ) {}

  static async open({ entrants }: Heat, compiled: Compiled): Promise<FakeGround> {
    const topics = [...new Map(entrants.map(({ topic }) => [topic.id, topic])).values()];
    const plan: ServerPlan = { topics, fetchBytes: FETCH_BYTES };
    const file = compiled.file(FAKE_SERVER);
    const server = startProcess<ServerQuestion>({ file, argument: plan, on: 'server' });
    return new FakeGround(server, await server.ask<ServerPorts>({ ask: 'ports' }));
  }

  get serverPid(): number {
    return this.server.pid;
  }

  async enter({ topic, settings = {} }: Entrant): Promise<Target> {
    return { host: '127.0.0.1', ports: this.ports, topic, settings };
  }

  async leave(): Promise<void> {}

  async verify(entrant: Entrant, client: Asked<ClientQuestion>): Promise<void> {
    const { name, topic, verify } = entrant;
    const records = verifiedRecords(topic.recordBytes);
    const target = await this.enter(entrant);
    if (verify === 'what is written') await this.server.ask({ ask: 'collect', topic: topic.id });
    const own = await client.ask<Digest | undefined>({ ask: 'verify', target, records });
    const other = await this.server.ask<Digest>(
      verify === 'what is written'
        ? { ask: 'collected', topic: topic.id }
        : { ask: 'digest', topic: topic.id, records: own?.records ?? records },
    );
    checkSame(name, own, other);
  }

  async close(): Promise<void> {
    this.server.release();
  }
}
