import { lastValueFrom, map, Observable } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { FloLink } from '../../transports/flo/flo-link.js';
import { DeliveryStream, type DrainOptions } from '../delivery/delivery-stream.js';
import { LiveStreams } from '../delivery/live-streams.js';
import { NoSource } from '../delivery/no-source.js';
import type { FateReport } from '../delivery/types.js';
import { Attempts } from './attempts.js';
import { clientPlan, type ClientPlan, type FloClientOptions } from './client-options.js';
import { Commands } from './commands.js';
import { FloKv } from './kv.js';
import { messagesPlan, type MessagesOptions } from './messages-options.js';
import { nameBytes } from './payloads.js';
import type { QueueItem } from './queue-item.js';
import { QueueSource } from './queue-source.js';
import { FloQueue } from './queue.js';

/**
 * A client of one Flo server. Making one does nothing; the first subscription connects. Commands and streams share one
 * connection, and answers come in any order.
 *
 * @example
 * import { json, work } from 'sluice';
 * import { FloClient } from 'sluice/flo';
 * const flo = new FloClient('127.0.0.1:9000', { namespace: 'myapp' });
 * flo.queue.enqueue('tasks', '{"task":"process"}').subscribe((seq) => console.log(seq));
 * flo.queue
 *   .messages('tasks', { codec: json<{ task: string }>() })
 *   .pipe(work(({ task }) => console.log(task), { onError: { retry: { maxAttempts: 4 }, then: 'dead' } }))
 *   .subscribe();
 */
export class FloClient {
  /** Keys and values. */
  readonly kv: FloKv;
  /** Queues. */
  readonly queue: FloQueue;
  private readonly plan: ClientPlan;
  private readonly link: FloLink;
  private readonly commands: Commands;
  private readonly streams = new LiveStreams();
  private closed = false;

  /**
   * `endpoint` is `host:port`, `[v6]:port` or `flo://host:port`.
   * @throws {@link InvalidOptionError} naming the option, the value and the rule.
   */
  constructor(endpoint: string, options: FloClientOptions = {}) {
    this.plan = clientPlan(endpoint, options);
    const { connector, wire, timeoutMs, log } = this.plan;
    this.link = new FloLink(connector, wire, timeoutMs, log);
    this.commands = new Commands(this.link, this.plan);
    this.kv = new FloKv(this.commands);
    this.queue = new FloQueue(this.commands, (name, queueOptions) => this.messages(name, queueOptions));
  }

  /** Emits this client once a server has answered a ping, for those who want to fail early. */
  connect(): Observable<this> {
    return this.ping().pipe(map(() => this));
  }

  /** Emits what a server says to a ping: `PONG`. */
  ping(): Observable<string> {
    return this.commands.ask(this.commands.wire.ping, undefined);
  }

  /**
   * Drains every stream of this client, then closes its connection; emits the fates of all its streams. Commands under
   * way fail. For good: streams that are subscribed to afterwards complete at once. A poll that is still out is waited
   * for, so that what it brings is given back, without holding up the report.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  close(options: DrainOptions = {}): Observable<FateReport> {
    const { deadlineMs = 30_000 } = onlyKnown('close', options, { deadlineMs: true });
    milliseconds('close.deadlineMs', deadlineMs);
    return new Observable((subscriber) => {
      this.closed = true;
      subscriber.add(
        this.streams.drain(options).subscribe((report) => {
          this.link.retire();
          subscriber.next(report);
          subscriber.complete();
        }),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await lastValueFrom(this.close());
  }

  /** Where its server is, for logs. */
  toJSON(): { server: string } {
    return { server: this.plan.connector.address };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('FloClient', this.toJSON(), how);
  }

  private messages<V>(name: string, options: MessagesOptions<V>): DeliveryStream<V> {
    const { namespace } = options;
    const queue = nameBytes('queue', name);
    // What does not fit the wire is refused now, not by the first poll.
    this.commands.encode(this.plan.wire.queue.ack, { queue, seqs: [1n] }, namespace);
    const plan = {
      ...messagesPlan(this.plan.wire, options, this.plan.reconnect),
      commands: this.commands,
      queue,
      namespace,
      attempts: new Attempts(),
    };
    return DeliveryStream.reading<V, void, QueueItem<V>>({
      name: `flo:${name}`,
      guarantee: plan.leases === undefined ? 'at-most-once' : 'at-least-once',
      hot: true,
      window: plan.window,
      originOf: ({ value }) => ({ system: 'flo', name, position: value.seq }),
      readValue: ({ value }) => value.read(),
      open: (core) => (this.closed ? new NoSource(core) : new QueueSource(plan, core)),
      began: (stream) => this.streams.began(stream),
    });
  }
}
