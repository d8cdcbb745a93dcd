import { nullable, oneOf } from './scalars.js';

/** The enumerations of lightning.md 3.2. */
export const mode = nullable(oneOf('train', 'val', 'test'));
export const rolloutStatus = oneOf('queuing', 'preparing', 'running', 'failed', 'succeeded', 'cancelled', 'requeuing');
export const attemptStatus = oneOf('preparing', 'running', 'failed', 'succeeded', 'unresponsive', 'timeout');
export const workerStatus = oneOf('idle', 'busy', 'unknown');
