import { readFileSync } from 'node:fs';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { tcp } from '../../src/transports/tcp.js';
import type { Recording, Scenario } from './recording.js';
import { expectReplay } from './replay.js';
import { fault, marbles } from '../../src/testing.js';
import { really } from '../real-time.js';

const recording = JSON.parse(readFileSync('tests/vectors/lance-recorded.json', 'utf8')) as Recording;
/** Topics are stamped with the time, and recorded stamps have ten digits. */
const NOW_MS = 1_795_253_219_000;

it('has all the conversations that its head announces', () => {
  expect(recording.scenarios).toHaveLength(recording.count);
});

describe('over memory, in virtual time', () => {
  it.each(recording.scenarios.map((scenario): [string, Scenario] => [scenario.name, scenario]))('%s', (_, scenario) => {
    marbles(function* ({ lance }) {
      const { connector, apply } = lance({ latencyMs: 0 });
      apply(fault.clockJump(NOW_MS));
      yield* expectReplay(scenario, connector());
    });
  });
});

describe('over real sockets', () => {
  const server = new LanceServer();
  beforeAll(() => firstValueFrom(server.start()));
  afterAll(() => lastValueFrom(server.stop()));

  it.each(recording.scenarios.map((scenario): [string, Scenario] => [scenario.name, scenario]))('%s', (_, scenario) =>
    really(expectReplay(scenario, tcp({ host: server.host, port: server.port }))),
  );
});
