import type { InMemoryLightningServer, LightningRoute } from '../../src/embedded.js';
import { clock } from '../../src/foundation/clock.js';
import type { Dice } from '../dice.js';

const ROUTES: readonly LightningRoute[] = ['enqueue', 'dequeue', 'updateAttempt', 'waitForRollouts'];

/** What can happen to a Lightning store and on the way to it. */
export function lightningMisfortunes(server: InMemoryLightningServer, dice: Dice): Record<string, () => void> {
  const { faults } = server;
  const some = (): LightningRoute => dice.pick(ROUTES);
  const few = (): number => dice.between(1, 3);
  return {
    'connections drop': () => faults.dropConnections(),
    'requests are dropped': () => faults.dropNextRequests(few(), some()),
    'the store fails': () => faults.failNextRequests(few(), dice.pick([500, 502, 503, 408]), some()),
    'answers are late': () => faults.delayNextAnswers(few(), dice.about(4_000), some()),
    'answers are lost': () => faults.swallowNextAnswers(few(), some()),
    'answers are cut off': () => faults.truncateNextAnswers(few(), some()),
    'connection drops instead of an answer': () => faults.dropBeforeNextAnswers(1, some()),
    'connection ends after an answer': () => faults.dropAfterNextAnswers(1, some()),
    'a proxy answers': () => faults.mislabelNextAnswers(1, some()),
    'the store restarts': () => {
      server.stop().subscribe();
      faults.dropConnections();
      clock.after(dice.about(20_000), () => server.start().subscribe());
    },
  };
}
