import { Subject } from 'rxjs';
import { marbles } from '../../src/testing.js';
import { MemoryPipe } from '../../src/transports/memory-pipe.js';
import { bytes, text } from './memory-scene.js';
import { pattern } from './recorder.js';

describe('MemoryPipe', () => {
  it('forgets what travels and what has landed, and starts anew', () => {
    // No timer runs on.
    const options = { limitMs: 0 };
    marbles(({ at: when, watch, expectRecording }) => {
      const seen = new Subject<string>();
      expectRecording(watch(seen)).toBe('25ms n', { n: 'new' });
      const pipe = new MemoryPipe(10, {
        arrived: (item) => seen.next(text(item)),
        drained: () => seen.next('drained'),
      });
      pipe.pause();
      pipe.write(bytes('landed'));
      when('15ms f', {
        f: () => {
          expect(pipe.write(pattern(65_536))).toBe(false);
          pipe.forget();
          expect(pipe.write(bytes('new'))).toBe(true);
        },
      });
    }, options);
  });

  it('stops where an item makes it forget', () => {
    const seen: string[] = [];
    marbles(() => {
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
    marbles(() => {
      const pipe = new MemoryPipe(0, { arrived: () => (arrived += 1), drained() {} });
      for (let item = 0; item < 200_000; item += 1) pipe.write(bytes('x'));
    });
    expect(arrived).toBe(200_000);
  });
});
