import { LanceClient } from '../../observables/lance/lance-client.js';
import type { LanceClientOptions } from '../../observables/lance/connection/client-options.js';
import { Producer } from '../../observables/lance/producing/producer.js';
import type { ProducerOptions } from '../../observables/lance/producing/producer-options.js';
import type { Connector } from '../../transports/channel.js';
import type { Fault } from '../faults/fault.js';
import { FaultyConnector } from '../faults/faulty-connector.js';
import type { FaultLegend } from '../faults/letters.js';
import { happen, scheduleFaults, type FaultTarget } from '../faults/schedule-faults.js';
import type { Recording } from '../marbles/recording.js';
import { lifeGate } from '../run/life-gate.js';
import { currentRun } from '../run/marble-run.js';
import type { Place } from '../wires/place.js';
import { Tap } from '../wires/tap.js';
import { LANCE, measureLanceFrame } from './lance-frames.js';
import { LanceWire } from './lance-wire.js';

/** Pauses between attempts to reconnect of 100, 200, 400 … ms, without chance. */
const EXACT = { jitter: 'none' } as const;

/** Clients of one server, whose wire is listened to, and may be in trouble. */
export class LanceClients {
  readonly wire: LanceWire;
  private readonly trouble: FaultyConnector;
  private readonly way: Connector;
  private made: LanceClient | undefined;

  /** @internal */
  constructor(
    private readonly place: Place,
    private readonly options: LanceClientOptions,
  ) {
    const run = currentRun();
    this.wire = new LanceWire(run);
    this.trouble = new FaultyConnector(place.connector, { sent: measureLanceFrame, received: measureLanceFrame });
    this.way = lifeGate(new Tap(LANCE, this.wire, this.trouble));
    run.show(this.wire);
  }

  /** Made when it is first asked for. */
  get client(): LanceClient {
    this.made ??= this.newClient();
    return this.made;
  }

  /** Another client; all share the wire. Its pauses between attempts to reconnect are exact, from 100 ms on. */
  readonly newClient = (options: LanceClientOptions = {}): LanceClient =>
    new LanceClient({ connector: this.way, reconnect: EXACT, ...this.options, ...options });

  /** A producer without a client. */
  readonly producer = (options: LanceClientOptions & ProducerOptions = {}): Producer =>
    new Producer({ connector: this.way, reconnect: EXACT, ...this.options, ...options });

  /** For clients that a test makes itself. */
  readonly connector = (): Connector => this.way;

  /** The server drops all connections and refuses new ones; topics stay. */
  readonly stop = (): void => this.place.stop();

  /** The server takes connections again. */
  readonly start = (): void => this.place.start();

  /** Lets faults happen between the tap and the server, at their moments since the run began. */
  readonly faults = (diagram: string, legend: FaultLegend = {}): Recording =>
    scheduleFaults(diagram, legend, this.target);

  /** Lets a fault happen now. */
  readonly apply = (fault: Fault): void => happen(fault, this.target);

  private get target(): FaultTarget {
    return { name: 'lance', wire: this.trouble, server: this.place };
  }
}
