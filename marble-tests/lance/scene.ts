import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { encodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import type { InMemoryLanceServer, InMemoryLanceOptions } from '../../src/embedded/lance/in-memory-lance-server.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import type { LanceClientOptions } from '../../src/observables/lance/client-options.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producer.js';
import type { ProducerOptions } from '../../src/observables/lance/producer-options.js';
import { Wiretap } from './wiretap.js';

export { Deliveries, Watch } from '../support/watch.js';

/** Exact pauses: 100, 200, 400 … ms. */
export const EXACT = { jitter: 'none' } as const;

/** A server in memory, 10 ms away unless said otherwise, and what its clients write. Make it inside a test's virtual time. */
export class Scene {
  readonly server: InMemoryLanceServer;
  readonly wire: Wiretap;
  private lazyClient: LanceClient | undefined;

  constructor(
    options: InMemoryLanceOptions = {},
    private readonly clientOptions: LanceClientOptions = {},
  ) {
    this.server = LanceServer.inMemory({ latencyMs: 10, ...options });
    this.server.start().subscribe();
    this.wire = new Wiretap(this.server.connector());
  }

  get client(): LanceClient {
    this.lazyClient ??= this.newClient();
    return this.lazyClient;
  }

  newClient(options: LanceClientOptions = {}): LanceClient {
    return new LanceClient({ connector: this.wire, reconnect: EXACT, ...this.clientOptions, ...options });
  }

  producer(options: LanceClientOptions & ProducerOptions = {}): Producer {
    return new Producer({ connector: this.wire, reconnect: EXACT, ...this.clientOptions, ...options });
  }

  /** Appends one record per text; returns where the topic ends. */
  append(topic: string, ...texts: string[]): number {
    return this.server.append(topic, tlv(...texts));
  }

  stop(): void {
    this.server.stop().subscribe();
  }

  start(): void {
    this.server.start().subscribe();
  }
}

/** Runs a marble test; frames are milliseconds. */
export function marbles(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** One RawData record per text. */
export function tlv(...texts: string[]): Uint8Array {
  return encodeRecords(texts.map((text) => TlvRecord.raw(Buffer.from(text))));
}

/** The texts of a batch. */
export function textsIn(batch: RecordBatch<unknown>): string[] {
  return Array.from({ length: batch.length }, (_, i) => batch.text(i));
}
