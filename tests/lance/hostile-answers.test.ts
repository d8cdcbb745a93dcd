import { really } from '../real-time.js';
import { Bully } from './hostile/bully.js';
import { MISBEHAVIOURS, type Misbehaviour } from './hostile/misbehaviours.js';
import { expectRightEnd } from './hostile/ordeal.js';
import { VICTIMS, type VictimKind } from './hostile/victims.js';
import { expectNothingUnhandled, ScriptedServer } from './scene.js';

expectNothingUnhandled();

const EVER = 1_000;

/** The same over real sockets: what a kernel does to a connection that is reset, or left half open, no memory does. */
describe('over a socket, to each kind of client, once and again and again:', () => {
  it.each(Object.entries(MISBEHAVIOURS))('%s for an answer', async (_, deed) => {
    const kinds = Object.values(VICTIMS).filter(({ waits }) => (deed.only ?? waits) === waits);
    await Promise.all(kinds.flatMap((kind) => [expectOneEnd(kind, deed, 1), expectOneEnd(kind, deed, EVER)]));
  });
});

async function expectOneEnd(kind: VictimKind, deed: Misbehaviour, times: number): Promise<void> {
  const bully = new Bully(deed, kind.target, times);
  const server = new ScriptedServer((socket) => socket.on('data', bully.meets(socket)));
  try {
    const way = { port: await server.listen() };
    const connections = (): number => server.sockets.size;
    await really(expectRightEnd({ kind, deed, bully, way, connections, always: times === EVER }));
  } finally {
    await server.close();
  }
}
