import { observable, of, type ObservableInput } from 'rxjs';
import { json } from '../../src/codecs/payload/json.js';
import { marbles } from '../../src/testing.js';
import { storedIn } from './producing.js';

describe('what RxJS takes for a source is one, and is not written as a value', () => {
  it.each([
    ['an Observable of another library', { [observable]: () => of('a', 'b') }],
    ['what is like an array', { length: 2, 0: 'a', 1: 'b' }],
  ] as [string, ObservableInput<string>][])('%s', (_, source) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const seen = watch(rig.client.sink<string>('log', { codec: json() })(source));
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(storedIn(rig)).toEqual(['"a"', '"b"']);
    });
  });

  it('anything else is an error, and nothing is written', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const sink = rig.client.sink<unknown>('log', { codec: json() });
      const seen = [5, null, {}].map((source) => watch(sink(source as never)));
      yield 500;
      for (const { error } of seen) expect(error).toBeInstanceOf(TypeError);
      expect(storedIn(rig)).toEqual([]);
    });
  });
});
