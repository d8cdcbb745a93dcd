import { config } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import { MemoryListener } from '../../src/transports/memory.js';
import { marbles } from '../../src/testing.js';
import { at, bytes, Scene } from './memory-scene.js';
import { pattern, Recorder } from './recorder.js';

afterEach(() => {
  jest.restoreAllMocks();
  config.onUnhandledError = null;
});

describe('memory: ending', () => {
  it('ends in order when the client closes: its bytes, its end, and silence for itself', () => {
    const scene = new Scene();
    const recorder = new Recorder();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 14ms (LEX)', { L: 'server last words' });
      scene.connect(10, recorder);
      at(25, () => {
        recorder.write(bytes('last words'));
        recorder.close();
        recorder.close();
        expect(recorder.write(bytes('too late'))).toBe(false);
      });
    });
    expect(scene.listener.connections).toBe(0);
  });

  it('delivers nothing more to a client that has closed, not even the rest of a piece', () => {
    const scene = new Scene((end) => {
      end.write(bytes('abcdef'));
      return {};
    });
    const recorder = new Recorder(2);
    marbles(() => {
      scene.connect(10, recorder);
      recorder.onReceived = () => recorder.close();
    });
    expect(recorder.text).toBe('ab');
    expect(recorder.log).toEqual(['opened']);
  });

  it('is as if nothing had been, when the client closes before it arrives', () => {
    const after = jest.spyOn(clock, 'after');
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('');
      scene.connect(10).close();
    });
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
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 9ms H 9ms (gx) 6ms X', { H: 'server hello', g: 'client goodbye' });
      const recorder = scene.connect(10);
      at(20, () => recorder.write(bytes('hello')));
      at(35, () => recorder.write(bytes('thrown away')));
    });
  });

  it('ends although the server had paused', () => {
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 19ms x 9ms X');
      scene.connect(10);
      at(20, () => scene.ends[0]?.pause());
      at(30, () => scene.ends[0]?.end());
      at(31, () => scene.ends[0]?.pause());
    });
  });

  it('resets the client when the server destroys its end, and loses what is under way', () => {
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 4ms X 9ms r');
      const recorder = scene.connect(10);
      at(20, () => {
        scene.ends[0]?.write(bytes('lost'));
        recorder.write(bytes('lost'));
      });
      at(25, () => {
        expect(scene.told).not.toContain('server closed');
        scene.ends[0]?.destroy();
        expect(scene.told).not.toContain('server closed');
        expect(recorder.write(bytes('into the void'))).toBe(false);
      });
      at(30, () => scene.ends[0]?.destroy());
    });
  });

  it('drains nothing that is lost', () => {
    const scene = new Scene((end) => ({ received: () => end.destroy() }));
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 14ms (PX) 6ms r', { P: 'server poison' });
      const recorder = scene.connect(10);
      at(25, () => {
        recorder.write(bytes('poison'));
        expect(recorder.write(pattern(65_536))).toBe(false);
      });
    });
  });

  it('lets the server destroy its end while it accepts', () => {
    const scene = new Scene((end) => {
      end.destroy();
      return {};
    });
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms (AX) 6ms r');
      scene.connect(10);
    });
    expect(scene.listener.connections).toBe(0);
  });

  it('frees a server that waits, paused, for a client that has left', () => {
    const scene = new Scene((end) => {
      end.pause();
      expect(end.write(pattern(65_536))).toBe(false);
      return {};
    });
    marbles(({ expectRecording }) => {
      // The bytes arrive at 20 where nobody is; the answer takes as long again.
      expectRecording(scene).toBe('10ms A 9ms D 9ms X');
      const recorder = scene.connect(10);
      at(15, () => recorder.close());
    });
  });
});

describe('memory: timers', () => {
  /** The test fails if a timer runs longer than what is drawn takes. */
  const nothingLater = { limitMs: 0 };

  it('leaves none when the server drops what a client left on its way', () => {
    const scene = new Scene();
    marbles(({ at: when, expectRecording }) => {
      expectRecording(scene).toBe('1s A 999ms o 199ms X');
      const recorder = scene.connect(1_000);
      when('2100ms c 99ms d', {
        c: () => {
          recorder.write(bytes('on its way'));
          recorder.close();
        },
        d: () => scene.ends[0]?.destroy(),
      });
    }, nothingLater);
  });

  it('leaves none when the client has been reset', () => {
    const scene = new Scene();
    marbles(({ at: when, expectRecording }) => {
      expectRecording(scene).toBe('1s A 999ms o 99ms X 999ms r');
      scene.connect(1_000);
      when('2100ms d 99ms e', { d: () => scene.ends[0]?.destroy(), e: () => scene.ends[0]?.end() });
    }, nothingLater);
  });

  it('leaves none when the client leaves before it hears of the reset', () => {
    const scene = new Scene();
    marbles(({ at: when, expectRecording }) => {
      expectRecording(scene).toBe('1s A 999ms o 99ms X');
      const recorder = scene.connect(1_000);
      when('2100ms d 99ms c', { d: () => scene.ends[0]?.destroy(), c: () => recorder.close() });
    }, nothingLater);
  });

  it('leaves none when the client leaves what the server had on its way', () => {
    const scene = new Scene();
    marbles(({ at: when, expectRecording }) => {
      expectRecording(scene).toBe('1s A 999ms o 1099ms (EX)');
      const recorder = scene.connect(1_000);
      when('2100ms c 899ms w', { c: () => recorder.close(), w: () => scene.ends[0]?.write(bytes('on its way')) });
    }, nothingLater);
  });
});

describe('memory: a server that stops', () => {
  it('refuses while it is closed', () => {
    const scene = new Scene();
    const recorder = new Recorder();
    scene.listener.close();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('20ms f');
      scene.connect(10, recorder).write(bytes('anybody?'));
    });
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
    marbles(() => {
      recorder.connect(listener.connector());
    });
    expect(recorder.log).toEqual(['closed']);
  });

  it('drops live connections, and takes new ones once it is open again', () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('4ms A---o-A 9ms o-(XX) r--f--r 12ms (AB)(ob)', {
        B: 'server back',
        b: 'client back',
      });
      const first = scene.connect(10);
      const second = scene.connect(4);
      at(22, () => {
        expect(scene.listener.connections).toBe(2);
        first.write(bytes('lost'));
        second.write(bytes('lost'));
        scene.listener.close();
        expect(scene.listener.listening).toBe(false);
      });
      at(25, () => scene.connect(2));
      at(40, () => scene.listener.open());
      at(41, () => scene.connect(4).write(bytes('back')));
    });
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
      marbles(() => {
        jest.spyOn(recorder, event).mockImplementation(throws);
        scene.connect(10, recorder);
        recorder.write(pattern(65_536));
      });
      expect(reported).toEqual([bug]);
      expect(recorder.error).toMatchObject({ code: 'CHANNEL', retryable: false, cause: bug });
      expect(recorder.log.filter((told) => told === 'closed')).toHaveLength(1);
      expect(scene.told.at(-1)).toBe('server closed');
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
    marbles(() => {
      const recorder = scene.connect(10);
      at(30, () => {
        recorder.write(bytes('hello'));
        if (event === 'ended') recorder.close();
      });
    });
    expect(reported).toEqual([bug]);
    expect(scene.told.filter((event) => event === 'server closed')).toHaveLength(1);
    expect(scene.listener.connections).toBe(0);
  });

  it('a client that has closed before is not told so', () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const recorder = new Recorder();
    marbles(() => {
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
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms r');
      scene.connect(10);
    });
    expect(reported).toEqual([bug]);
  });
});
