import { SluiceError } from '../src/foundation/errors.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { FuzzPeer } from './fuzz-peer.js';
import type { Tally } from './tally.js';
import { users } from './users.js';

/** Whatever a client does against such a server, it has an end within this time. */
const PATIENCE_MS = 120_000;
const CLOSING_MS = 1_000;

/** A client at work, to which some answers of its server are the case: it ends, with what was asked for or a typed error. */
export function* useClient({ pieces, dice }: FuzzCase, tally: Tally): Generator<number, void> {
  const from = dice.between(0, 5);
  const peer = new FuzzPeer(from, from + dice.pick([0, 0, 2, Infinity]), pieces, dice.chance(0.3));
  const user = dice.pick(users)(peer, dice);
  let ends = 0;
  const ended = (what: string): void => {
    need(++ends === 1, () => `${user.name} ends twice`);
    tally.accept(`${user.name}: ${what}`);
  };
  const running = user.work.subscribe({
    complete: () => ended('complete'),
    error: (error: unknown) => {
      need(error instanceof SluiceError, () => `${user.name}: ${String(error)} is no error of the library`);
      ended((error as SluiceError).code);
    },
  });
  for (let waitedMs = 0; ends === 0 && waitedMs < PATIENCE_MS; waitedMs += 1_000) yield 1_000;
  need(ends === 1, () => `${user.name} hangs`);
  need(running.closed, () => `${user.name} has ended and is subscribed to`);
  let isClosed = false;
  user.close().subscribe({ complete: () => (isClosed = true) });
  yield CLOSING_MS;
  need(isClosed, () => `${user.name} can't be closed`);
  need(peer.listener.connections === 0, () => `${user.name} keeps ${peer.listener.connections} connections`);
}
