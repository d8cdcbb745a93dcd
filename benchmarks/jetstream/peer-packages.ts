import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What the benchmark installs nowhere by itself: it says how to, and reads them from a folder of their own. */
export const PEER_PACKAGES = ['@nats-io/jetstream', '@nats-io/transport-node'] as const;
export const PEER_VERSION = '3.4.0';

/** The part of a NATS connection that is used here. */
export interface Connection {
  publish(subject: string, payload: Uint8Array): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A record as JetStream's clients hand it out. */
export interface Message {
  readonly info: { readonly redelivered: boolean };
  ack(): void;
}

interface StreamApi {
  add(config: { name: string; subjects: string[]; storage: 'memory' }): Promise<unknown>;
  info(name: string): Promise<{ readonly state: { readonly messages: number } }>;
}

interface ConsumerApi {
  add(stream: string, config: { durable_name: string; ack_policy: 'explicit' }): Promise<unknown>;
}

interface Consumers {
  /** Without a name: an ordered consumer, which needs no acks. */
  get(stream: string, name?: string): Promise<{ consume(): Promise<AsyncIterable<Message>> }>;
}

/** The functions that the two packages export. */
export interface PeerPackages {
  connect(options: { servers: string }): Promise<Connection>;
  jetstream(connection: Connection): { readonly consumers: Consumers };
  jetstreamManager(connection: Connection): Promise<{ readonly streams: StreamApi; readonly consumers: ConsumerApi }>;
}

/** Loads the packages from a folder, or from any above it; undefined if they are not there. */
export function loadPeer(folder: string): PeerPackages | undefined {
  const load = createRequire(join(folder, 'packages.js'));
  try {
    const [{ jetstream, jetstreamManager }, { connect }] = PEER_PACKAGES.map((name) => load(name) as PeerPackages) as [
      PeerPackages,
      PeerPackages,
    ];
    return { connect, jetstream, jetstreamManager };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The version that is installed there; its own package.json is not among the files that the package lets in. */
export function peerVersion(folder: string): string {
  const entry = createRequire(join(folder, 'packages.js')).resolve(PEER_PACKAGES[0]);
  const home = entry.slice(0, entry.lastIndexOf(PEER_PACKAGES[0]) + PEER_PACKAGES[0].length);
  return (JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }).version;
}
