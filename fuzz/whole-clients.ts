import { SluiceError } from '../src/foundation/errors.js';
import { commandIn, expectedFrames, kindOf } from './expected-frames.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { FuzzPeer } from './fuzz-peer.js';
import type { Tally } from './tally.js';
import { users } from './users.js';

/** Whatever a client does against such a server, it has an end within this time. */
const PATIENCE_MS = 120_000;
const CLOSING_MS = 1_000;

/** A client at work, to which some answers of its server are the case: it ends, with what was asked for or a typed error. */
export function* useClient({ bytes, pieces, dice }: FuzzCase, tally: Tally): Generator<number, void> {
  const from = dice.between(0, 5);
  const peer = new FuzzPeer(from, from + dice.pick([0, 0, 2, Infinity]), pieces, dice.chance(0.3));
  const user = dice.pick(users)(peer, dice);
  let ends = 0;
  let end = '';
  const ended = (what: string): void => {
    need(++ends === 1, () => `${user.name} ends twice`);
    end = what;
    tally.accept(`${user.name}: ${what}`);
  };
  const values: unknown[] = [];
  const running = user.work.subscribe({
    next: (value) => values.push(value),
    complete: () => ended('complete'),
    error: (error: unknown) => {
      need(error instanceof SluiceError, () => `${user.name}: ${String(error)} is no error of the library`);
      ended((error as SluiceError).code);
    },
  });
  for (let waitedMs = 0; ends === 0 && waitedMs < PATIENCE_MS; waitedMs += 1_000) yield 1_000;
  need(ends === 1, () => `${user.name} hangs`);
  // What passes for data would be taken for data.
  if (user.due !== undefined && !speaksOfData(bytes)) checkRecords(values, user.due, end);
  const missing = end === 'complete' ? user.sent?.filter((record) => !peer.ingested.includes(record)) : undefined;
  need(!missing?.length, () => `${user.name} says that it has sent ${missing?.join()}`);
  need(running.closed, () => `${user.name} has ended and is subscribed to`);
  let isClosed = false;
  user.close().subscribe({ complete: () => (isClosed = true) });
  yield CLOSING_MS;
  need(isClosed, () => `${user.name} can't be closed`);
  need(peer.listener.connections === 0, () => `${user.name} keeps ${peer.listener.connections} connections`);
}

/** A FetchResponse, or CatchingUp. */
function speaksOfData(bytes: Uint8Array): boolean {
  const { frames } = expectedFrames(bytes, { judgesEarly: false, mostPayload: () => Number.MAX_SAFE_INTEGER });
  return frames.some((frame) => kindOf(frame) === 'control' && [0x11, 0x12].includes(commandIn(frame)));
}

function checkRecords(got: readonly unknown[], due: readonly string[], end: string): void {
  const expected = end === 'complete' ? due : due.slice(0, got.length);
  need(got.join() === expected.join(), () => `records ${got.join()} instead of ${expected.join()}`);
  // There was never anything wrong with the data itself.
  need(!['LANCE_INVALID_RECORD', 'LANCE_TRUNCATED'].includes(end), () => `${end}, and all data was right`);
}
