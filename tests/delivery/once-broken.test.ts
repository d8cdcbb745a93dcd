import { type Command, play } from './model/commands.js';

const script = { depth: 1, sizes: [1], givesBack: false, flushesLate: false };
const shared = {
  streams: 2,
  window: { deliveries: 2, bytes: 2 },
  depth: 1,
  sizes: [1, 2],
  givesBack: false,
  flushesLate: false,
};

/** Stories that once broke an invariant, made as short as they can be; playing one checks them all. */
describe('invariants that were broken once', () => {
  it('what was nacked comes again, even while an arrival lacks the room that it keeps', () => {
    const plan = { ...script, streams: 1, window: { deliveries: 2, bytes: 2 } };
    const commands: Command[] = [
      ['answer', 0, 0, 0],
      ['answer', 0, 0, 2],
      ['nack', 0, 0, 0],
    ];
    expect(() => play({ plan, commands, reactions: [] })).not.toThrow();
  });

  it('buffers that keep everything are told to let go, even if the source has ended during a pause', () => {
    const plan = { ...script, streams: 1, window: { deliveries: 1, bytes: 1 } };
    const commands: Command[] = [
      ['answer', 0, 0, 0],
      ['hold', 0, 0, 0],
      ['end', 0, 0, 0],
      ['unpause', 0, 0, 0],
    ];
    expect(() => play({ plan, commands, reactions: [['pause', 0, 0, 0]] })).not.toThrow();
  });

  it('a paused stream does not keep its neighbour from room that is there', () => {
    const commands: Command[] = [['pause', 0, 0, 0]];
    expect(() => play({ plan: { ...shared, depth: 2 }, commands, reactions: [] })).not.toThrow();
  });

  it('nor does one that has ended', () => {
    const commands: Command[] = [
      ['close', 0, 0, 0],
      ['answer', 1, 0, 0],
      ['reopen', 0, 0, 0],
      ['end', 1, 0, 0],
      ['attach', 1, 0, 0],
    ];
    expect(() => play({ plan: shared, commands, reactions: [] })).not.toThrow();
  });
});
