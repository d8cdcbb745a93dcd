export { AddressInUseError, DataDirInUseError, ListenError, StorageError } from './embedded/errors.js';
export type { FloCounters } from './embedded/flo/counters.js';
export type { FloFaults, FloOperationName } from './embedded/flo/faults.js';
export { FloServer } from './embedded/flo/flo-server.js';
export type { FloServerOptions } from './embedded/flo/flo-server.js';
export type { DeadLetter, HostedFlo, HostedKey, HostedQueue, InNamespace } from './embedded/flo/hosted-flo.js';
export type { InMemoryFloOptions, InMemoryFloServer } from './embedded/flo/in-memory-flo-server.js';
export type { KvWrite } from './embedded/flo/kv-store.js';
export type { Enqueueing } from './embedded/flo/message-queue.js';
export type { FloBehaviour } from './embedded/flo/options.js';
export type { LanceCluster } from './embedded/lance/cluster.js';
export type { LanceCounters } from './embedded/lance/counters.js';
export type { LanceFaults } from './embedded/lance/faults.js';
export type { HostedLance, HostedTopic } from './embedded/lance/hosted-lance.js';
export type { InMemoryLanceOptions, InMemoryLanceServer } from './embedded/lance/in-memory-lance-server.js';
export { LanceServer } from './embedded/lance/lance-server.js';
export type { LanceServerOptions } from './embedded/lance/lance-server.js';
export type { LanceBehaviour } from './embedded/lance/options.js';
export type { LanceStorageOptions } from './embedded/lance/storage/storage-options.js';
export type { LanceRecovery } from './embedded/lance/storage/topic-storage.js';
export type { TokenAuth } from './embedded/lance/token-gate.js';
export type { LightningCounters } from './embedded/lightning/counters.js';
export type { LightningFaults } from './embedded/lightning/faults.js';
export type { HostedLightning } from './embedded/lightning/hosted-lightning.js';
export type {
  InMemoryLightningOptions,
  InMemoryLightningServer,
} from './embedded/lightning/in-memory-lightning-server.js';
export { LightningServer } from './embedded/lightning/lightning-server.js';
export type { LightningServerOptions } from './embedded/lightning/lightning-server.js';
export type { LightningBehaviour } from './embedded/lightning/options.js';
export type { LightningRoute } from './embedded/lightning/routes/route.js';
export type { TlsListening } from './embedded/tls-listening.js';
