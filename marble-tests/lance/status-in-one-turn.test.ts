import { clock } from '../../src/foundation/clock.js';
import { marbles } from '../../src/testing.js';
import { Bulletin, type News } from '../../src/transports/bulletin.js';

const bulletin = (): Bulletin<News> =>
  new Bulletin<News>({ state: 'connected', sinceMs: 0 }, (one, other) => one.state === other.state);

describe('what a bulletin says of time', () => {
  it('is the same for one who listens and for one who asks', () => {
    marbles(function* ({ watch }) {
      const status = bulletin();
      const before = watch(status.news$);
      yield 10;
      status.say({ state: 'disconnected' });
      // Whoever begins to listen now is told of it: it has been so.
      const meanwhile = watch(status.news$);
      status.say({ state: 'connected' });
      yield 10;
      expect(status.current).toEqual({ state: 'connected', sinceMs: 10 });
      expect(meanwhile.values.at(-1)).toEqual(status.current);
      expect(before.values.at(-1)).toEqual(status.current);
    });
  });

  it('goes back no further than a turn, however fast changes come', () => {
    marbles(function* () {
      const status = bulletin();
      yield 10;
      status.say({ state: 'disconnected' });
      yield 1;
      status.say({ state: 'reconnecting' });
      yield 1;
      status.say({ state: 'connected' });
      expect(status.current).toEqual({ state: 'connected', sinceMs: 12 });
    });
  });

  it('is not moved by what nobody was told of, also where a turn takes longer than a millisecond', () => {
    marbles(function* ({ watch }) {
      const status = bulletin();
      const { values } = watch(status.news$);
      yield 10;
      status.say({ state: 'disconnected' });
      yield 10;
      status.say({ state: 'reconnecting' });
      const late = jest.spyOn(clock, 'now').mockReturnValue(25);
      status.say({ state: 'disconnected' });
      late.mockRestore();
      yield 10;
      expect(status.current).toEqual({ state: 'disconnected', sinceMs: 10 });
      expect(values).toEqual([
        { state: 'connected', sinceMs: 0 },
        { state: 'disconnected', sinceMs: 10 },
      ]);
    });
  });
});
