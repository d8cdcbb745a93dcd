import type { LightningStoreClientOptions } from '../../observables/lightning/client-options.js';
import { LightningStoreClient } from '../../observables/lightning/lightning-store-client.js';
import type { Requester } from '../../transports/http/requester.js';
import { fault, type Fault } from '../faults/fault.js';
import { FaultyRequester } from '../faults/faulty-requester.js';
import type { FaultLegend } from '../faults/letters.js';
import { happen, scheduleFaults, type FaultTarget } from '../faults/schedule-faults.js';
import type { Recording } from '../marbles/recording.js';
import { lifeGateHttp } from '../run/life-gate.js';
import { currentRun } from '../run/marble-run.js';
import { HttpTap } from '../wires/http-tap.js';
import { SharedRequester } from '../wires/shared-requester.js';
import { LightningWire } from './lightning-wire.js';
import { LIGHTNING } from './store-exchanges.js';

/** Where a store is. */
export interface StorePlace {
  readonly requester: Requester;
  stop(): void;
  start(): void;
}

/** Clients of one store, whose wire is listened to, and may be in trouble. */
export class LightningClients {
  readonly wire: LightningWire;
  private readonly trouble: FaultyRequester;
  private made: LightningStoreClient | undefined;

  /** @internal */
  constructor(
    private readonly place: StorePlace,
    private readonly options: LightningStoreClientOptions,
  ) {
    const run = currentRun();
    this.wire = new LightningWire(run);
    this.trouble = new FaultyRequester(place.requester);
    run.show(this.wire);
  }

  /** Made when it is first asked for. */
  get client(): LightningStoreClient {
    this.made ??= this.newClient();
    return this.made;
  }

  /** Another client; all share the wire. */
  readonly newClient = (options: LightningStoreClientOptions = {}): LightningStoreClient =>
    new LightningStoreClient('http://memory', { requester: this.requester(), ...this.options, ...options });

  /** For clients that a test makes itself: one for each, which may close it. */
  readonly requester = (): Requester =>
    lifeGateHttp(new HttpTap(LIGHTNING, this.wire, new SharedRequester(this.trouble)));

  /** The server answers what is under way and refuses what comes; what is stored stays. */
  readonly stop = (): void => this.place.stop();

  /** The server serves again. */
  readonly start = (): void => this.place.start();

  /** Lets faults happen between the tap and the server, at their moments since the run began. */
  readonly faults = (diagram: string, legend: FaultLegend = {}): Recording =>
    scheduleFaults(diagram, legend, this.target);

  /** Lets a fault happen now. */
  readonly apply = (given: Fault): void => happen(given, this.target);

  private get target(): FaultTarget {
    return { name: 'lightning', wire: this.trouble, server: { stop: this.crash, start: this.start } };
  }

  /** A server that is told to stop answers what is under way; one that crashes does not. */
  private readonly crash = (): void => {
    this.trouble.apply(fault.drop());
    this.place.stop();
  };
}
