import { HandlerError } from 'sluice';
import { ConnectionFailedError, UnexpectedEofError } from 'sluice/flo';
import { ConnectionError as LanceConnectionError } from 'sluice/lance';
import { ConnectionError as LightningConnectionError } from 'sluice/lightning';

const SYSTEMS = [
  { name: 'Lance', errors: [LanceConnectionError] },
  { name: 'Flo', errors: [ConnectionFailedError, UnexpectedEofError] },
  { name: 'Lightning', errors: [LightningConnectionError] },
];

/** Says what went wrong to somebody who does not know this code. */
export function inPlainWords(error: unknown): string {
  if (error instanceof HandlerError) return inPlainWords(error.cause);
  const system = SYSTEMS.find(({ errors }) => errors.some((type) => error instanceof type));
  const message = error instanceof Error ? error.message : String(error);
  return system === undefined ? message : `no connection to ${system.name} (${message}). Is a server running there?`;
}
