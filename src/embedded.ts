export { AddressInUseError, ListenError } from './embedded/errors.js';
export type { LanceCounters } from './embedded/lance/counters.js';
export type { LanceFaults } from './embedded/lance/faults.js';
export type { HostedLance, HostedTopic } from './embedded/lance/hosted-lance.js';
export type { InMemoryLanceOptions, InMemoryLanceServer } from './embedded/lance/in-memory-lance-server.js';
export { LanceServer } from './embedded/lance/lance-server.js';
export type { LanceServerOptions } from './embedded/lance/lance-server.js';
export type { LanceBehaviour } from './embedded/lance/options.js';
export type { TokenAuth } from './embedded/lance/token-gate.js';
