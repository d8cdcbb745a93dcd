import { really } from '../real-time.js';
import { Bully } from './hostile/bully.js';
import { MISBEHAVIOURS } from './hostile/misbehaviours.js';
import { expectRightEnd } from './hostile/ordeal.js';
import { VICTIMS, type VictimKind } from './hostile/victims.js';
import { expectNothingUnhandled, ScriptedServer } from './scene.js';

expectNothingUnhandled();

const EVER = 1_000;

/** The same over real sockets: what a kernel does to a connection that is reset, or left half open, no memory does. */
describe.each(Object.entries(MISBEHAVIOURS))('over a socket: %s for an answer', (_, deed) => {
  it.each([
    ['once', 1],
    ['again and again', EVER],
  ])('%s, to each kind of client at once', async (__, times) => {
    const kinds = Object.values(VICTIMS).filter(({ waits }) => (deed.only ?? waits) === waits);
    const test = async (kind: VictimKind): Promise<void> => {
      const bully = new Bully(deed, kind.target, times);
      const server = new ScriptedServer((socket) => socket.on('data', bully.meets(socket)));
      try {
        const way = { port: await server.listen() };
        const connections = (): number => server.sockets.size;
        await really(expectRightEnd({ kind, deed, bully, way, connections, always: times === EVER }));
      } finally {
        await server.close();
      }
    };
    await Promise.all(kinds.map(test));
  });
});
