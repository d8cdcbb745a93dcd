import { defer, ignoreElements, throwError, type Observable } from 'rxjs';
import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import { DeliveryStream, type DrainOptions } from '../../delivery/delivery-stream.js';
import { NoSource } from '../../delivery/no-source.js';
import type { FateReport } from '../../delivery/types.js';
import { clientClosed } from '../connection/errors.js';
import { lagOf } from './lag.js';
import { LogSource, type LogSourcePlan } from './log-source.js';
import { positionOf } from './position.js';
import type { ConsumeMetrics, Progress } from './progress.js';

/** How a client makes a stream of one topic. */
export interface LanceStreamPlan<V> extends LogSourcePlan<V> {
  /** Several subscribers share one session. */
  readonly hot: boolean;
  readonly lagIntervalMs: number;
  /** Whether the client was closed. */
  readonly isClosed: () => boolean;
  /** A session begins; the returned function is called when it is over. */
  began(stream: { drain(options?: DrainOptions): Observable<FateReport>; fate(): FateReport }): () => void;
}

/**
 * Deliveries of the batches of one topic, made by `consume` and `tail` of {@link LanceClient}.
 *
 * @example
 * import { autoAck, records } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * const flights = new LanceClient().consume('flights', { name: 'delays' });
 * flights.lag$.subscribe((bytes) => console.log(`${bytes} bytes behind`));
 * flights.pipe(autoAck(), records()).subscribe();
 */
export class LanceStream<V = Uint8Array> extends DeliveryStream<RecordBatch<V>> {
  /**
   * How many bytes lie between what is settled and the end of the topic, each time that is different: 0n once all is
   * settled. Completes after a drain. Where fetches don't reach the end the server is asked, every `lagIntervalMs`, only
   * while somebody subscribes (lance.md 7.11); without a connection the end that was last heard of counts.
   */
  readonly lag$: Observable<bigint>;
  /** The position below which everything is settled: the present one if there is one, then each change; completes after a drain. */
  readonly position$: Observable<bigint>;
  private readonly progress: Progress;

  /** @internal Streams are made by the clients. */
  constructor(plan: LanceStreamPlan<V>) {
    const name = String(plan.topic);
    super({
      name: `lance:${name}`,
      guarantee: 'at-least-once',
      hot: plan.hot,
      window: plan.window,
      originOf: (node) => ({ system: 'lance', name, position: BigInt(node.position) }),
      open: (core) => {
        // A retry whose pause the close fell into ends as the streams that were live then did.
        if (plan.isClosed()) return new NoSource(core, plan.kept.failed === true ? undefined : clientClosed());
        return new LogSource(plan, core);
      },
      began: (stream) => plan.began(stream),
    });
    this.progress = plan.progress;
    const over$ = this.status$.pipe(ignoreElements());
    const unlessClosed = <T>(figures: Observable<T>): Observable<T> =>
      defer(() => (plan.isClosed() && plan.kept.failed === undefined ? throwError(clientClosed) : figures));
    this.lag$ = unlessClosed(lagOf(plan.progress, plan.lagIntervalMs, over$));
    this.position$ = unlessClosed(positionOf(plan.progress, over$));
  }

  /** What the stream has done so far, over all its sessions; asks nobody. */
  metrics(): ConsumeMetrics {
    return this.progress.metrics();
  }
}
