import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { marbles } from '../../src/testing.js';
import { MemoryListener } from '../../src/transports/memory.js';
import { at, bytes, Scene, text } from './memory-scene.js';
import { pattern, Recorder } from './recorder.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('memory: time', () => {
  it('plays ping-pong for a virtual hour in no time', () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    const started = performance.now();
    let rounds = 0;
    let ended = 0;
    const options = { limitMs: 2 * 3_600_000 };
    marbles(() => {
      const recorder = new Recorder();
      recorder.onOpened = () => recorder.write(bytes('ping'));
      recorder.onReceived = (chunk) => {
        rounds += 1;
        if (rounds < 1_000) recorder.write(chunk);
        else ended = clock.now();
      };
      recorder.connect(scene.listener.connector({ latencyMs: 1_800 }));
    }, options);
    expect(rounds).toBe(1_000);
    expect(ended).toBe(1_001 * 3_600);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('opens after a round trip, and carries bytes one way in latencyMs', () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 14ms H 9ms h', { H: 'server hello', h: 'client hello' });
      const recorder = scene.connect(10);
      at(25, () => recorder.write(bytes('hello')));
    });
  });

  it('takes turns, but no time, without a latency', () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('(Ao)(WHh)', { W: 'written', H: 'server hello', h: 'client hello' });
      const recorder = scene.connect();
      at(4, () => {
        recorder.write(bytes('hello'));
        scene.note('written');
      });
    });
  });

  it('works in real time', async () => {
    const scene = new Scene((end) => ({ received: (chunk) => end.write(chunk) }));
    const recorder = new Recorder();
    const echoed = new Promise<string>((resolve) => {
      recorder.onReceived = (chunk) => resolve(text(chunk));
    });
    recorder.connect(scene.listener.connector({ latencyMs: 2 })).write(bytes('now'));
    expect(await echoed).toBe('now');
    recorder.close();
  });

  it('uses one timer for what is written at one moment', () => {
    const scene = new Scene();
    marbles(() => {
      const recorder = scene.connect(10);
      at(20, () => {
        const after = jest.spyOn(clock, 'after');
        for (let frame = 0; frame < 100; frame += 1) recorder.write(bytes(`${frame}`));
        expect(after).toHaveBeenCalledTimes(1);
      });
    });
    expect(scene.told.slice(2)).toEqual(Array.from({ length: 100 }, (_, frame) => `server ${frame}`));
  });

  it('delivers what is written while it delivers on a later turn', () => {
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('(ASdwoM)', {
        ...{ S: 'server 65536', d: 'drained', w: 'written', M: 'server more' },
      });
      const recorder = scene.connect();
      recorder.onDrained = () => {
        scene.note('drained');
        recorder.write(bytes('more'));
        scene.note('written');
      };
      recorder.write(pattern(65_536));
    });
  });
});

describe('memory: bytes', () => {
  it('copies into targets of any size, in order', () => {
    const sent = [pattern(1_000, 1), pattern(1, 2), pattern(0, 3), pattern(30_000, 4)];
    const scene = new Scene((end) => {
      for (const chunk of sent) end.write(chunk);
      return {};
    });
    const recorder = new Recorder(7);
    marbles(() => {
      scene.connect(5, recorder);
    });
    expect(Buffer.concat(recorder.chunks)).toEqual(Buffer.concat(sent));
    expect(Math.max(...recorder.chunks.map(({ length }) => length))).toBe(7);
    expect(scene.events.slice(0, 2)).toMatchObject([
      { atMs: 5, value: 'server accepted' },
      { atMs: 10, value: 'client opened' },
    ]);
  });

  it('gives the server bytes of its own', () => {
    const kept: Uint8Array[] = [];
    const scene = new Scene({ received: (chunk) => kept.push(chunk) });
    marbles(() => {
      const reused = Buffer.from('first');
      const recorder = scene.connect();
      recorder.write(reused);
      at(1, () => {
        reused.set(bytes('again'));
        recorder.write(reused);
      });
    });
    expect(kept.map(text)).toEqual(['first', 'again']);
  });

  it('says false from 64 KiB under way, and drained when all has arrived', () => {
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 9ms (LO) (Sd) 12ms S', {
        L: 'server 65535',
        O: `server ${text(pattern(1))}`,
        S: 'server 100',
      });
      const recorder = scene.connect(10);
      at(20, () => {
        expect(recorder.write(pattern(65_535))).toBe(true);
        expect(recorder.write(pattern(1))).toBe(false);
      });
      at(24, () => expect(recorder.write(pattern(100))).toBe(false));
      at(40, () => expect(recorder.write(pattern(100))).toBe(true));
    });
  });

  it('tells the server false and drained, too', () => {
    const answers: boolean[] = [];
    const scene = new Scene((end) => {
      answers.push(end.write(pattern(65_535)), end.write(pattern(1)));
      return {};
    });
    marbles(() => {
      scene.connect(10);
    });
    expect(answers).toEqual([true, false]);
    expect(scene.events.at(-1)).toMatchObject({ atMs: 20, value: 'server drained' });
  });

  it('holds back what comes while the server pauses', () => {
    const scene = new Scene();
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('10ms A 9ms o 59ms (rHLd) 5ms F', {
        ...{ r: 'resumed', H: 'server held', L: 'server 65536', F: 'server after' },
      });
      const recorder = scene.connect(10);
      at(20, () => scene.ends[0]?.pause());
      at(21, () => expect(recorder.write(bytes('held'))).toBe(true));
      at(22, () => expect(recorder.write(pattern(65_536))).toBe(false));
      at(80, () => {
        scene.ends[0]?.resume();
        scene.note('resumed');
      });
      at(81, () => expect(recorder.write(bytes('after'))).toBe(true));
    });
  });

  it('stops in the middle of a burst when the server pauses in it', () => {
    const scene = new Scene((end) => ({ received: (chunk) => text(chunk) === 'b' && end.pause() }));
    marbles(({ expectRecording }) => {
      expectRecording(scene).toBe('(A12o)(34)', { 1: 'server a', 2: 'server b', 3: 'server c', 4: 'server d' });
      const recorder = scene.connect();
      for (const letter of 'abcd') recorder.write(bytes(letter));
      at(6, () => scene.ends[0]?.resume());
    });
  });
});

describe('memory: options', () => {
  it('names the place', () => {
    const listener = new MemoryListener(throwing, { address: 'memory:lance' });
    expect(listener.connector().address).toBe('memory:lance');
  });

  it('refuses a bad latencyMs', () => {
    const listener = new MemoryListener(throwing);
    expect(() => listener.connector({ latencyMs: -1 })).toThrow(InvalidOptionError);
  });
});

function throwing(): never {
  throw new Error('never accepts');
}
