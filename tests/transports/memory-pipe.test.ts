import { MemoryPipe } from '../../src/transports/memory-pipe.js';
import { at, bytes, text, virtually } from './memory-scene.js';
import { pattern } from './recorder.js';

describe('MemoryPipe', () => {
  it('forgets what travels and what has landed, and starts anew', () => {
    const seen: string[] = [];
    const last = virtually(() => {
      const pipe = new MemoryPipe(10, {
        arrived: (item) => seen.push(text(item)),
        drained: () => seen.push('drained'),
      });
      pipe.pause();
      pipe.write(bytes('landed'));
      at(15, () => {
        expect(pipe.write(pattern(65_536))).toBe(false);
        pipe.forget();
        expect(pipe.write(bytes('new'))).toBe(true);
      });
    });
    expect(seen).toEqual(['new']);
    expect(last).toBe(25);
  });

  it('stops where an item makes it forget', () => {
    const seen: string[] = [];
    virtually(() => {
      const pipe = new MemoryPipe(0, {
        arrived: (item) => {
          seen.push(text(item));
          pipe.forget();
        },
        drained: () => seen.push('drained'),
      });
      pipe.write(bytes('first'));
      pipe.write(bytes('second'));
      pipe.signal(() => seen.push('signal'));
    });
    expect(seen).toEqual(['first']);
  });

  it('carries 200 000 items of one moment', () => {
    let arrived = 0;
    virtually(() => {
      const pipe = new MemoryPipe(0, { arrived: () => (arrived += 1), drained() {} });
      for (let item = 0; item < 200_000; item += 1) pipe.write(bytes('x'));
    });
    expect(arrived).toBe(200_000);
  });
});
