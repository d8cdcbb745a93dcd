import { FloClient } from '../../observables/flo/flo-client.js';
import type { FloClientOptions } from '../../observables/flo/client-options.js';
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
import { floSystem, measureFloFrame, wireOptions } from './flo-frames.js';
import { FloWire } from './flo-wire.js';

/** Pauses between attempts to reconnect of 100, 200, 400 … ms, without chance. */
const EXACT = { jitter: 'none' } as const;

/** Clients of one server, whose wire is listened to, and may be in trouble. */
export class FloClients {
  readonly wire: FloWire;
  private readonly trouble: FaultyConnector;
  private readonly way: Connector;
  private made: FloClient | undefined;

  /** @internal */
  constructor(
    private readonly place: Place,
    private readonly options: FloClientOptions,
  ) {
    const run = currentRun();
    const spoken = wireOptions(options);
    this.wire = new FloWire(run, spoken);
    this.trouble = new FaultyConnector(place.connector, {
      sent: measureFloFrame,
      received: measureFloFrame,
      overtaking: true,
    });
    this.way = lifeGate(new Tap(floSystem(spoken), this.wire, this.trouble));
    run.show(this.wire);
  }

  /** Made when it is first asked for. */
  get client(): FloClient {
    this.made ??= this.newClient();
    return this.made;
  }

  /** Another client; all share the wire. Its pauses between attempts to reconnect are exact, from 100 ms on. */
  readonly newClient = (options: FloClientOptions = {}): FloClient =>
    new FloClient('memory:9000', { connector: this.way, reconnect: EXACT, ...this.options, ...options });

  /** For clients that a test makes itself. */
  readonly connector = (): Connector => this.way;

  /** The server drops all connections and refuses new ones; keys and queues stay, leases run on. */
  readonly stop = (): void => this.place.stop();

  /** The server takes connections again. */
  readonly start = (): void => this.place.start();

  /** Lets faults happen between the tap and the server, at their moments since the run began. */
  readonly faults = (diagram: string, legend: FaultLegend = {}): Recording =>
    scheduleFaults(diagram, legend, this.target);

  /** Lets a fault happen now. */
  readonly apply = (fault: Fault): void => happen(fault, this.target);

  private get target(): FaultTarget {
    return { name: 'flo', wire: this.trouble, server: this.place };
  }
}
