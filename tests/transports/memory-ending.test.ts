import { config } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import { MemoryListener } from '../../src/transports/memory.js';
import { at, bytes, Scene, virtually } from './memory-scene.js';
import { pattern, Recorder } from './recorder.js';

afterEach(() => {
  jest.restoreAllMocks();
  config.onUnhandledError = null;
});

describe('memory: ending', () => {
  it('ends in order when the client closes: its bytes, its end, and silence for itself', () => {
    const scene = new Scene();
    const recorder = new Recorder();
    virtually(() => {
      scene.connect(10, recorder);
      at(25, () => {
        recorder.write(bytes('last words'));
        recorder.close();
        recorder.close();
        expect(recorder.write(bytes('too late'))).toBe(false);
      });
    });
    expect(scene.timeline).toEqual([
      '10 server accepted',
      '20 client opened',
      '35 server last words',
      '35 server ended',
      '35 server closed',
    ]);
    expect(scene.listener.connections).toBe(0);
  });

  it('delivers nothing more to a client that has closed, not even the rest of a piece', () => {
    const scene = new Scene((end) => {
      end.write(bytes('abcdef'));
      return {};
    });
    const recorder = new Recorder(2);
    virtually(() => {
      scene.connect(10, recorder);
      recorder.onReceived = () => recorder.close();
    });
    expect(recorder.text).toBe('ab');
    expect(recorder.log).toEqual(['opened']);
  });

  it('is as if nothing had been, when the client closes before it arrives', () => {
    const after = jest.spyOn(clock, 'after');
    const scene = new Scene();
    virtually(() => {
      scene.connect(10).close();
    });
    expect(scene.timeline).toEqual([]);
    expect(after.mock.results.map(({ value }) => value.closed)).toEqual([true]);
  });

  it('ends in order when the server ends: its bytes, its end, and no error', () => {
    const scene = new Scene((end) => ({
      received: () => {
        end.write(bytes('goodbye'));
        end.end();
        end.end();
        expect(end.write(bytes('too late'))).toBe(false);
      },
    }));
    virtually(() => {
      const recorder = scene.connect(10);
      at(20, () => recorder.write(bytes('hello')));
      at(35, () => recorder.write(bytes('thrown away')));
    });
    expect(scene.timeline.slice(2)).toEqual([
      '30 server hello',
      '40 client goodbye',
      '40 client closed in order',
      '50 server closed',
    ]);
  });

  it('ends although the server had paused', () => {
    const scene = new Scene();
    virtually(() => {
      scene.connect(10);
      at(20, () => scene.ends[0]?.pause());
      at(30, () => scene.ends[0]?.end());
      at(31, () => scene.ends[0]?.pause());
    });
    expect(scene.timeline.slice(2)).toEqual(['40 client closed in order', '50 server closed']);
  });

  it('resets the client when the server destroys its end, and loses what is under way', () => {
    const scene = new Scene();
    virtually(() => {
      const recorder = scene.connect(10);
      at(20, () => {
        scene.ends[0]?.write(bytes('lost'));
        recorder.write(bytes('lost'));
      });
      at(25, () => {
        scene.ends[0]?.destroy();
        scene.note('destroyed');
        expect(recorder.write(bytes('into the void'))).toBe(false);
      });
      at(30, () => scene.ends[0]?.destroy());
    });
    expect(scene.timeline.slice(2)).toEqual(['25 destroyed', '25 server closed', '35 client closed ECONNRESET']);
  });

  it('drains nothing that is lost', () => {
    const scene = new Scene((end) => ({ received: () => end.destroy() }));
    virtually(() => {
      const recorder = scene.connect(10);
      at(25, () => {
        recorder.write(bytes('poison'));
        expect(recorder.write(pattern(65_536))).toBe(false);
      });
    });
    expect(scene.timeline.slice(2)).toEqual(['35 server poison', '35 server closed', '45 client closed ECONNRESET']);
  });

  it('lets the server destroy its end while it accepts', () => {
    const scene = new Scene((end) => {
      end.destroy();
      return {};
    });
    virtually(() => {
      scene.connect(10);
    });
    expect(scene.timeline).toEqual(['10 server accepted', '10 server closed', '20 client closed ECONNRESET']);
    expect(scene.listener.connections).toBe(0);
  });

  it('frees a server that waits, paused, for a client that has left', () => {
    const scene = new Scene((end) => {
      end.pause();
      expect(end.write(pattern(65_536))).toBe(false);
      return {};
    });
    virtually(() => {
      const recorder = scene.connect(10);
      at(15, () => recorder.close());
    });
    // The bytes arrive at 20 where nobody is; the answer takes as long again.
    expect(scene.timeline).toEqual(['10 server accepted', '20 server drained', '30 server closed']);
  });
});

describe('memory: timers', () => {
  it('leaves none when the server drops what a client left on its way', () => {
    const scene = new Scene();
    const last = virtually(() => {
      const recorder = scene.connect(1_000);
      at(2_100, () => {
        recorder.write(bytes('on its way'));
        recorder.close();
      });
      at(2_200, () => scene.ends[0]?.destroy());
    });
    expect(scene.timeline.slice(2)).toEqual(['2200 server closed']);
    expect(last).toBe(2_200);
  });

  it('leaves none when the client has been reset', () => {
    const scene = new Scene();
    const last = virtually(() => {
      scene.connect(1_000);
      at(2_100, () => scene.ends[0]?.destroy());
      at(2_200, () => scene.ends[0]?.end());
    });
    expect(scene.timeline.slice(2)).toEqual(['2100 server closed', '3100 client closed ECONNRESET']);
    expect(last).toBe(3_100);
  });

  it('leaves none when the client leaves before it hears of the reset', () => {
    const scene = new Scene();
    const last = virtually(() => {
      const recorder = scene.connect(1_000);
      at(2_100, () => scene.ends[0]?.destroy());
      at(2_200, () => recorder.close());
    });
    expect(scene.timeline.slice(2)).toEqual(['2100 server closed']);
    expect(last).toBe(2_200);
  });

  it('leaves none when the client leaves what the server had on its way', () => {
    const scene = new Scene();
    const last = virtually(() => {
      const recorder = scene.connect(1_000);
      at(2_100, () => recorder.close());
      at(3_000, () => scene.ends[0]?.write(bytes('on its way')));
    });
    expect(scene.timeline.slice(2)).toEqual(['3100 server ended', '3100 server closed']);
    expect(last).toBe(3_100);
  });
});

describe('memory: a server that stops', () => {
  it('refuses while it is closed', () => {
    const scene = new Scene();
    const recorder = new Recorder();
    scene.listener.close();
    virtually(() => {
      scene.connect(10, recorder).write(bytes('anybody?'));
    });
    expect(scene.timeline).toEqual(['20 client closed ECONNREFUSED']);
    expect(recorder.error).toBeInstanceOf(ChannelError);
    expect(recorder.error).toMatchObject({
      retryable: true,
      context: { address: 'memory', syscall: 'connect', errno: 'ECONNREFUSED' },
    });
  });

  it('is closed until it is opened', () => {
    const listener = new MemoryListener(() => {
      throw new Error('not open');
    });
    expect(listener.listening).toBe(false);
    const recorder = new Recorder();
    virtually(() => {
      recorder.connect(listener.connector());
    });
    expect(recorder.log).toEqual(['closed']);
  });

  it('drops live connections, and takes new ones once it is open again', () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    virtually(() => {
      const first = scene.connect(10);
      const second = scene.connect(1);
      at(22, () => {
        expect(scene.listener.connections).toBe(2);
        first.write(bytes('lost'));
        second.write(bytes('lost'));
        scene.listener.close();
        expect(scene.listener.listening).toBe(false);
      });
      at(25, () => scene.connect(2));
      at(40, () => scene.listener.open());
      at(41, () => scene.connect(2).write(bytes('back')));
    });
    expect(scene.timeline.filter((event) => Number.parseInt(event) >= 22)).toEqual([
      '22 server closed',
      '22 server closed',
      '23 client closed ECONNRESET',
      '29 client closed ECONNREFUSED',
      '32 client closed ECONNRESET',
      '43 server accepted',
      '43 server back',
      '45 client opened',
      '45 client back',
    ]);
    expect(scene.listener.connections).toBe(1);
  });
});

describe('memory: owners that throw', () => {
  const bug = new TypeError('a bug of the owner');
  const throws = (): never => {
    throw bug;
  };

  it.each(['opened', 'target', 'received', 'drained'] as const)(
    'a client out of %s() is reported, and told that it is closed',
    (event) => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const scene = new Scene((end) => ({ received: () => end.write(bytes('answer')) }));
      const recorder = new Recorder();
      virtually(() => {
        jest.spyOn(recorder, event).mockImplementation(throws);
        scene.connect(10, recorder);
        recorder.write(pattern(65_536));
      });
      expect(reported).toEqual([bug]);
      expect(recorder.error).toMatchObject({ code: 'CHANNEL', retryable: false, cause: bug });
      expect(recorder.log.filter((told) => told === 'closed')).toHaveLength(1);
      expect(scene.timeline.at(-1)).toMatch(/server closed$/);
      expect(scene.listener.connections).toBe(0);
    },
  );

  it.each(['received', 'drained', 'ended'] as const)('a server out of %s() is reported, and dropped', (event) => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const scene = new Scene((end) => {
      end.write(pattern(65_536));
      return { [event]: throws };
    });
    virtually(() => {
      const recorder = scene.connect(10);
      at(30, () => {
        recorder.write(bytes('hello'));
        if (event === 'ended') recorder.close();
      });
    });
    expect(reported).toEqual([bug]);
    expect(scene.timeline.filter((entry) => entry.endsWith('server closed'))).toHaveLength(1);
    expect(scene.listener.connections).toBe(0);
  });

  it('a client that has closed before is not told so', () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const recorder = new Recorder();
    virtually(() => {
      new Scene().connect(10, recorder);
      recorder.onOpened = () => {
        recorder.close();
        throws();
      };
    });
    expect(reported).toEqual([bug]);
    expect(recorder.log).toEqual(['opened']);
  });

  it('a server out of accept is reported, and the client reset', () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const scene = new Scene(throws);
    virtually(() => {
      scene.connect(10);
    });
    expect(reported).toEqual([bug]);
    expect(scene.timeline).toEqual(['10 server accepted', '20 client closed ECONNRESET']);
  });
});
