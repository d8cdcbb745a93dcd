import { config } from 'rxjs';
import { fault } from '../../../src/testing/faults/fault.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { at, bytes, digits, Line, virtually } from './framed.js';

/** A line 10 ms long on which `deeds` happen, from the moment on at which it is open, 20 ms; returns what happened. */
function story(deeds: (line: Line) => void, overtaking = false): string[] {
  let line!: Line;
  virtually(() => {
    line = new Line({ measures: { sent: digits, received: digits, overtaking } });
    at(20, () => at(20, () => deeds(line)));
  });
  return line.timeline.slice(2);
}

const FOUR = '1a2bb3ccc4dddd';

afterEach(() => {
  config.onUnhandledError = null;
});

describe('FaultyConnector', () => {
  it('drops: the client is told on the next turn, the server when what was sent before has come', () => {
    const timeline = story((line) => {
      line.client.write(bytes('1a'));
      line.server?.write(bytes('1z'));
      line.faulty.apply(fault.drop());
      line.note('applied');
      expect(line.client.write(bytes('1b'))).toBe(false);
    });
    expect(timeline).toEqual([
      '20 applied',
      '20 client closed ECONNRESET',
      '30 server 1a',
      '30 server ended',
      '30 server closed',
    ]);
  });

  it('drops a connection that has not opened yet', () => {
    let line!: Line;
    virtually(() => {
      line = new Line();
      at(5, () => line.faulty.apply(fault.drop()));
    });
    expect(line.timeline).toEqual(['5 client closed ECONNRESET']);
    expect(line.faulty.connections).toBe(0);
  });

  it('keeps no timer for a client that has left', () => {
    const lastMs = virtually(() => {
      const line = new Line();
      at(25, () => {
        line.faulty.apply(fault.delay(1_000, 15));
        line.server?.write(bytes('1z'));
      });
      at(45, () => line.client.close());
    });
    expect(lastMs).toBe(55);
  });

  it('tells nothing to a client that leaves on the turn of a drop', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.drop());
      line.client.close();
    });
    expect(timeline).toEqual(['30 server ended', '30 server closed']);
  });

  it('splits both directions, each piece on a turn of its own', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.split(2));
      line.client.write(bytes('4abcd'));
      line.server?.write(bytes('4wxyz'));
    });
    expect(timeline).toEqual([
      '30 server 4a',
      '30 server bc',
      '30 server d',
      '30 client 4w',
      '30 client xy',
      '30 client z',
    ]);
  });

  it('delays, and what comes after the delay does not overtake', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.delay(100, 30));
      line.client.write(bytes('1a'));
      at(45, () => line.client.write(bytes('1b')));
      at(130, () => line.client.write(bytes('1c')));
    });
    expect(timeline).toEqual(['130 server 1a', '155 server 1b', '155 server 1c']);
  });

  it('delays the opening and the end too', () => {
    let line!: Line;
    virtually(() => {
      line = new Line();
      line.faulty.apply(fault.delay(100));
      at(200, () => line.server?.end());
    });
    expect(line.timeline).toEqual([
      '10 server accepted',
      '120 client opened',
      '220 server closed',
      '310 client closed in order',
    ]);
  });

  it('delivers what a client wrote before it left, and then its end', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.delay(100));
      line.client.write(bytes('1a'));
      line.client.close();
    });
    expect(timeline).toEqual(['130 server 1a', '130 server ended', '130 server closed']);
  });

  it('loses the next frames, however they are cut into pieces', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.dropFrame('sent', 2));
      line.client.write(bytes('1'));
      line.client.write(bytes('a2b'));
      line.client.write(bytes('b3ccc'));
      line.server?.write(bytes('1z'));
    });
    expect(timeline).toEqual(['30 server 3ccc', '30 client 1z']);
  });

  it('lets a frame that has begun come to its end before it loses one', () => {
    const timeline = story((line) => {
      line.client.write(bytes('3a'));
      line.faulty.apply(fault.dropFrame('sent'));
      line.client.write(bytes('bc1x1y'));
    });
    expect(timeline).toEqual(['30 server 3a', '30 server bc', '30 server 1y']);
  });

  it('doubles the next frame', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.duplicate('received'));
      line.server?.write(bytes(FOUR));
    });
    expect(timeline).toEqual(['30 client 1a', '30 client 1a', '30 client 2bb3ccc4dddd']);
  });

  it('damages one bit of one frame, not the memory of whoever wrote it', () => {
    const written = bytes(FOUR);
    const timeline = story((line) => {
      line.faulty.apply(fault.corrupt('sent', { byte: -1, bit: 1 }));
      line.client.write(written);
    });
    expect(timeline).toEqual(['30 server 1c', '30 server 2bb3ccc4dddd']);
    expect(written).toEqual(bytes(FOUR));
  });

  it('damages the last byte of a frame that has fewer', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.corrupt('sent', { byte: 99, bit: 0 }));
      line.client.write(bytes('1a'));
    });
    expect(timeline).toEqual(['30 server 1`']);
  });

  it('lets an answer overtake the one before it', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.reorder());
      line.server?.write(bytes('1a'));
      at(50, () => line.server?.write(bytes('2')));
      at(60, () => line.server?.write(bytes('bb3ccc')));
    }, true);
    expect(timeline).toEqual(['60 client 2', '70 client bb', '70 client 1a', '70 client 3ccc']);
  });

  it('lets an answer go that none overtakes in time, but not into the middle of another', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.reorder({ withinMs: 40 }));
      line.faulty.apply(fault.reorder({ withinMs: 40 }));
      line.server?.write(bytes('1a'));
      at(75, () => line.server?.write(bytes('1b')));
      at(110, () => line.server?.write(bytes('2c')));
      at(140, () => line.server?.write(bytes('c')));
    }, true);
    expect(timeline).toEqual(['70 client 1a', '120 client 2c', '150 client c', '150 client 1b']);
  });

  it('does not lose the answer that waits when the server ends', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.reorder());
      line.server?.write(bytes('1a'));
      line.server?.end();
    }, true);
    expect(timeline).toEqual(['30 client 1a', '30 client closed in order', '40 server closed']);
  });

  it('refuses to reorder answers that have no ids', () => {
    const { faulty } = new Line({ connect: false });
    expect(() => faulty.apply(fault.reorder())).toThrow(InvalidOptionError);
    expect(() => faulty.apply(fault.reorder())).toThrow(/answers have no ids/);
  });

  it('looks at nothing any more where no frame begins', () => {
    const timeline = story((line) => {
      line.client.write(bytes('1axyz'));
      line.faulty.apply(fault.dropFrame('sent'));
      line.client.write(bytes('1b'));
    });
    expect(timeline).toEqual(['30 server 1axyz', '30 server 1b']);
  });

  it('passes on what was held of a frame that never comes to its end, when its writer leaves', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.duplicate('sent'));
      line.client.write(bytes('3a'));
      line.client.close();
    });
    expect(timeline).toEqual(['30 server 3a', '30 server ended', '30 server closed']);
  });

  it('falls silent: nothing arrives, nobody is told, and new connections work', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.halfOpen());
      expect(line.client.write(bytes('1a'))).toBe(true);
      line.server?.write(bytes('1z'));
      at(50, () => line.client.close());
      at(60, () => line.recorder(64, 'second').connect(line.connector));
    });
    expect(timeline).toEqual(['70 server accepted', '80 second opened']);
  });

  it('lets nobody wait for ever who opens a connection', () => {
    let line!: Line;
    virtually(() => {
      line = new Line();
      at(15, () => line.faulty.apply(fault.halfOpen()));
      const left = line.recorder(64, 'left').connect(line.connector);
      at(16, () => left.close());
    });
    expect(line.since(16)).toEqual(['10015 client closed ETIMEDOUT', '10025 server ended', '10025 server closed']);
    expect(line.client.error?.context['syscall']).toBe('connect');
  });

  it('takes no more than a full buffer of what is lost', () => {
    let line!: Line;
    virtually(() => {
      line = new Line();
      at(21, () => {
        line.faulty.apply(fault.halfOpen());
        expect(line.client.write(new Uint8Array(64 * 1024 - 1))).toBe(true);
        expect(line.client.write(bytes('1'))).toBe(false);
      });
    });
    expect(line.timeline).toEqual(['10 server accepted', '20 client opened']);
  });

  it('tells both ends after the time, and at heal', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.halfOpen(100));
    });
    expect(timeline).toEqual(['120 client closed ETIMEDOUT', '130 server ended', '130 server closed']);
    const healed = story((line) => {
      line.faulty.apply(fault.halfOpen());
      at(50, () => line.faulty.apply(fault.heal()));
    });
    expect(healed).toEqual(['50 client closed ECONNRESET', '60 server ended', '60 server closed']);
  });

  it('reads slowly at both ends, and tells the writer to wait and when to go on', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.slowReader({ bytesPerMs: 1_000 }));
      expect(line.client.write(new Uint8Array(66 * 1024).fill(48))).toBe(false);
    });
    const arrivals = timeline.filter((entry) => entry.includes('server'));
    expect(arrivals.slice(0, 3)).toEqual(['30 server 1000', '31 server 1000', '32 server 1000']);
    expect(arrivals.at(-1)).toBe('97 server 584');
    expect(timeline.filter((entry) => entry.includes('drained'))).toEqual(['87 client drained']);
  });

  it('reads less than a byte in a millisecond', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.slowReader({ bytesPerMs: 0.1 }));
      line.client.write(bytes('2ab'));
    });
    expect(timeline).toEqual(['30 server 2', '40 server a', '50 server b']);
  });

  it('heals: what was held back comes at once, in its order, and what had not happened never does', () => {
    const timeline = story((line) => {
      line.faulty.apply(fault.delay(1_000));
      line.faulty.apply(fault.split());
      line.faulty.apply(fault.dropFrame('received'));
      line.client.write(bytes('1a'));
      line.client.write(bytes('1b'));
      at(50, () => line.faulty.apply(fault.heal()));
      at(50, () => line.server?.write(bytes('1z')));
    });
    expect(timeline).toEqual(['60 client 1z', '60 server 1a', '60 server 1b']);
  });

  it('closes the connection of an owner that throws, reports it, and says so', () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    let line!: Line;
    const bug = new Error('bug');
    virtually(() => {
      line = new Line();
      line.client.onReceived = () => {
        throw bug;
      };
      at(25, () => {
        line.faulty.apply(fault.delay(5));
        line.server?.write(bytes('1z'));
      });
    });
    expect(reported).toEqual([bug]);
    expect(line.client.error?.message).toMatch(/because the owner of the channel threw/);
    expect(line.timeline.slice(2)).toEqual(['40 client closed CHANNEL', '50 server ended', '50 server closed']);
  });
});
