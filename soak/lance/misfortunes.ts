import type { InMemoryLanceServer } from '../../src/embedded.js';
import { clock } from '../../src/foundation/clock.js';
import type { Dice } from '../dice.js';

/** What can happen to a Lance server and on the way to it. */
export function lanceMisfortunes(server: InMemoryLanceServer, dice: Dice): Record<string, () => void> {
  const { faults } = server;
  const few = (): number => dice.between(1, 3);
  return {
    'connections drop': () => faults.dropConnections(),
    'connections are refused': () => {
      faults.refuseNextConnections(few());
      faults.dropConnections();
    },
    'an ingest is refused': () => faults.failNextIngests(1, 'Rate limit exceeded'),
    'connection drops instead of an ack': () => faults.dropBeforeNextAcks(),
    'connection ends after an ack': () => faults.dropAfterNextAcks(),
    'acks are lost': () => faults.swallowNextAcks(few()),
    'replies are lost': () => faults.swallowNextReplies(few()),
    'replies are late': () => faults.delayNextReplies(few(), dice.about(4_000)),
    'replies are corrupt': () => faults.corruptNextReplies(1),
    'the server is behind': () => faults.catchUpOnNextFetches(1),
    'the server asks to slow down': () => faults.sendBackpressure(),
    'the server restarts': () => {
      server.stop().subscribe();
      clock.after(dice.about(20_000), () => server.start().subscribe());
    },
  };
}
