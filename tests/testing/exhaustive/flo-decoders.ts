import type { FloCodec, FloProtocol } from '../../../src/codecs/flo/codec.js';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { FloCore } from '../../../src/embedded/flo/core.js';
import { Intake } from '../../../src/embedded/flo/intake.js';
import { FloSession } from '../../../src/transports/flo/flo-session.js';
import { Heard, hex, inTurns, Said, told, type Pieces } from './feeding.js';

const codecs = { 'v1-32': codecFor('v1-32'), 'v2-table': codecFor('v2-table') };
const MAX_PAYLOAD_BYTES = 100 * 1024 * 1024;

/** What a client of this generation makes of an answer, whatever its id: one call has been made. */
export const answerTo =
  (protocol: FloProtocol) =>
  (pieces: Pieces): string[] => {
    const log: string[] = [];
    const server = new Said();
    const session = new FloSession(server, addressedTo1(codecs[protocol]), 1_000, {
      opened: () => log.push('opened'),
      idle: () => log.push('idle'),
      closed: (error) => log.push(`closed ${told(error)}`),
      log: (line) => log.push(line),
    });
    server.open();
    session.send({
      name: 'call',
      opcode: 1,
      payload: new Uint8Array(0),
      patienceMs: 1_000,
      answered: (body) => log.push(`answered ${hex(body)}`),
      failed: (error, how) => log.push(`${how} ${told(error)}`),
    });
    server.say(pieces);
    session.close(codecs[protocol].refused(1, new Uint8Array(0), 'the end'));
    return log;
  };

/** Reads every id but 0 as 1, so that each vector answers the only call that there is. */
function addressedTo1(codec: FloCodec): FloCodec {
  return {
    ...codec,
    decodeAnswerHead: (bytes, at) => {
      const head = codec.decodeAnswerHead(bytes, at);
      const isUnaddressed = head.id.low === 0 && head.id.high === 0;
      return isUnaddressed ? head : { ...head, id: { low: 1, high: 0 } };
    },
  };
}

/** The requests that the server cuts out, or what it answers to what is none. */
export function requests(pieces: Pieces): string[] {
  const log: string[] = [];
  const intake = new Intake(codecs, MAX_PAYLOAD_BYTES);
  for (const piece of pieces) {
    intake.push(piece);
    for (let taken = intake.next(); taken !== undefined; taken = intake.next()) {
      if ('answer' in taken) {
        log.push(`unreadable ${hex(taken.answer)}`);
        return log;
      }
      const { codec, head, payload } = taken;
      log.push(`${codec.protocol} ${head.opcode} ${head.id.high} ${head.id.low} ${hex(payload)}`);
    }
  }
  return log;
}

/** What a server answers, if every piece comes on a turn of its own. */
export function conversation(pieces: Pieces): string[] {
  const end = new Heard();
  inTurns(pieces, () => {
    const core = new FloCore();
    const events = core.accept(end);
    return { each: (piece) => events.received(piece), last: () => events.closed() };
  });
  return end.log;
}
