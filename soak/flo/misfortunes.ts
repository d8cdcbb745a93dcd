import type { FloOperationName, InMemoryFloServer } from '../../src/embedded.js';
import { clock } from '../../src/foundation/clock.js';
import type { Dice } from '../dice.js';

const OPERATIONS: readonly FloOperationName[] = [
  'queue.enqueue',
  'queue.dequeue',
  'queue.ack',
  'queue.nack',
  'queue.touch',
];
const OVERLOADED = 10;
const UNAVAILABLE = 12;

/**
 * What can happen to a Flo server and on the way to it. Only one answer at a time can't be read: a server that gives no
 * others is given up, as it should be.
 */
export function floMisfortunes(server: InMemoryFloServer, dice: Dice): Record<string, () => void> {
  const { faults } = server;
  const some = (): FloOperationName => dice.pick(OPERATIONS);
  const few = (): number => dice.between(1, 3);
  return {
    'connections drop': () => faults.dropConnections(),
    'connections are refused': () => {
      faults.refuseNextConnections(few());
      faults.dropConnections();
    },
    'the server is overloaded': () => faults.failNext(few(), { status: OVERLOADED }, some()),
    'the server has no leader': () => faults.failNext(few(), { status: UNAVAILABLE }, some()),
    'a request is unreadable': () => {
      faults.clear();
      faults.rejectNext(1, some());
    },
    'polls come back empty': () => faults.emptyNextPolls(few(), 'queue.dequeue'),
    'answers are late': () => faults.delayNextAnswers(few(), dice.about(4_000), some()),
    'answers are lost': () => faults.swallowNextAnswers(few(), some()),
    'an answer is corrupt': () => {
      faults.clear();
      faults.corruptNextAnswers(1, some());
    },
    'answers overtake each other': () => faults.reverseNextAnswers(2),
    'connection drops instead of an answer': () => faults.dropBeforeNextAnswers(1, some()),
    'connection ends after an answer': () => faults.dropAfterNextAnswers(1, some()),
    'the server restarts': () => {
      server.stop().subscribe();
      clock.after(dice.about(20_000), () => server.start().subscribe());
    },
  };
}
