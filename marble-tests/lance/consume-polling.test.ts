import { map } from 'rxjs';
import { ServerCatchingUpError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { virtually } from '../../tests/embedded/script.js';
import { Scene, textsIn, Watch } from './scene.js';

describe('consume: polling', () => {
  it('empty polls back off from 5 to 50 ms, and begin anew after data', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const seen = new Watch(scene.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 400;
      scene.append('log', 'a');
      yield 200;
      seen.unsubscribe();
      const sent = scene.wire.fetches.map(({ atMs }) => atMs);
      // Each answer takes 20 ms; the pauses are 5, 10, 20, 40, 50, 50 ms. The data comes at 445 and is followed up at once.
      expect(sent).toEqual([40, 65, 95, 135, 195, 265, 335, 405, 425, 450, 480, 520, 580]);
      expect(seen.values).toEqual([['a']]);
    });
  });

  it('unsubscribing ends it: no timer, no connection is left', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const seen = new Watch(scene.client.consume('log'));
      yield 300;
      expect(scene.wire.open).toBe(1);
      seen.unsubscribe();
      expect(scene.wire.open).toBe(0);
      const { length } = scene.wire.frames;
      yield 60_000;
      expect(scene.wire.frames).toHaveLength(length);
    });
  });
});

describe('consume: the server has less than was asked for', () => {
  it('waits 5 s, says so, and errors after 3 answers without progress', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const stream = scene.client.consume('log', { from: 1000n });
      const seen = new Watch(stream);
      yield 1000;
      const status = new Watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['server'] }]);
      yield 20_000;
      expect(scene.wire.fetches.map(({ atMs }) => atMs)).toEqual([40, 5060, 10_080]);
      expect(seen.error).toBeInstanceOf(ServerCatchingUpError);
      expect(seen.error).toMatchObject({ serverOffset: 6n, retryable: true, context: { requestedOffset: 1000 } });
      expect(seen.endedAtMs).toBe(10_100);
    });
  });

  it('progress counts: each further offset gives three more answers', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log', { from: 24n }).pipe(autoAck(), map(textsIn)));
      yield 8000;
      scene.append('log', 'b');
      yield 8000;
      scene.append('log', 'c');
      yield 8000;
      scene.append('log', 'd', 'e');
      yield 5000;
      expect(seen.values).toEqual([['e']]);
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('is over when data comes, and the count begins anew', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.catchUpOnNextFetches(2, 3);
      const stream = scene.client.consume('log');
      const seen = new Watch(stream.pipe(autoAck(), map(textsIn)));
      yield 10_200;
      expect(seen.values).toEqual([['a']]);
      const status = new Watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'delivering', reasons: [] }]);
      scene.server.faults.catchUpOnNextFetches(2, 3);
      yield 11_000;
      scene.append('log', 'b');
      yield 100;
      expect(seen.values).toEqual([['a'], ['b']]);
      seen.unsubscribe();
    });
  });

  it('a node that does not know the topic yet is asked for its end again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.catchUpOnNextFetches(2, 0);
      const seen = new Watch(scene.client.consume('log', { to: 'end' }).pipe(autoAck(), map(textsIn)));
      yield 1000;
      expect(seen.values).toEqual([['a']]);
      expect(seen.ended).toBe('complete');
    });
  });
});
