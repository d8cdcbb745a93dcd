import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import type { ConsumeOptions } from '../../src/observables/lance/consuming/consume-options.js';
import type { LanceStream } from '../../src/observables/lance/consuming/lance-stream.js';
import { marbles, Watch, type Script } from '../../src/testing.js';
import type { LanceRig } from '../../src/testing/lance/lance-rig.js';
import { currentRun } from '../../src/testing/run/marble-run.js';
import { Wire } from '../../tests/embedded/wire.js';
import { SlowStore } from './slow-store.js';

const long = (letter: string): string => letter.repeat(95);

interface Case {
  options(): ConsumeOptions;
  go(rig: LanceRig): void;
  stored?: bigint;
  loadMs?: number;
  saveMs?: number;
}
const recreate = (rig: LanceRig): void => {
  rig.stop();
  rig.start();
  new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
  rig.append('log', 'x', 'y');
};
const cases: Record<string, Case> = {
  plain: { options: () => ({ maxFetchBytes: 100 }), go: () => {} },
  named: { options: () => ({ name: 'n', maxFetchBytes: 100, commitCount: 1 }), go: (rig) => rig.server.faults.dropConnections(), loadMs: 7, saveMs: 9 },
  toServer: { options: () => ({ name: 'n', maxFetchBytes: 100, commitCount: 1, commitToServer: true }), go: (rig) => rig.server.faults.dropConnections(), loadMs: 7, saveMs: 9 },
  cutMiddle: { options: () => ({ name: 'n', onTruncated: 'end', commitCount: 1, commitToServer: true }), go: () => {}, stored: 130n, loadMs: 7, saveMs: 9 },
  cutBegin: { options: () => ({ name: 'n', onTruncated: 'beginning' }), go: (rig) => rig.server.faults.dropConnections(), stored: 130n, loadMs: 7 },
  behindEnd: { options: () => ({ name: 'n', onTruncated: 'beginning', until: 'end', catchingUp: { pauseMs: 50 } }), go: (rig) => rig.server.faults.dropConnections(), stored: 1000n },
  behind: { options: () => ({ from: 1000n, onTruncated: 'end', catchingUp: { pauseMs: 30 } }), go: (rig) => rig.server.faults.dropConnections() },
  untilEnd: { options: () => ({ until: 'end', maxFetchBytes: 150 }), go: (rig) => rig.server.faults.dropConnections() },
  recreated: { options: () => ({ name: 'n', onTruncated: 'end', commitCount: 1 }), go: recreate, saveMs: 9 },
  recreatedB: { options: () => ({ name: 'n', onTruncated: 'beginning', commitCount: 1, commitToServer: true }), go: recreate, saveMs: 9 },
};

function run(method: 'consume' | 'tail', c: Case, goAt: number, stopAt: number, how: 'leave' | 'drain' | 'close'): void {
  let left = Number.NaN;
  let window!: Window;
  let open = -1;
  let facts: unknown;
  marbles(function* ({ lance }): Script {
    const rig = lance({ client: { requestTimeoutMs: 30_000, reconnect: { initialMs: 20, maxMs: 50 } as never } });
    rig.append('log', long('a'), long('b'), long('c'));
    const store = new SlowStore(c.saveMs ?? 0, c.loadMs ?? 0);
    if (c.stored !== undefined) store.offsets.set('n', c.stored);
    window = new Window({ deliveries: 3, bytes: 400 });
    const stream: LanceStream = rig.client[method]('log', { from: 'beginning', offsetStore: store, window, lagIntervalMs: 40, ...c.options() });
    const lag = new Watch(stream.lag$);
    const pos = new Watch(stream.position$);
    const seen = [new Watch(stream.pipe(autoAck()))];
    if (method === 'tail') seen.push(new Watch(stream.pipe(autoAck())));
    const first = Math.min(goAt, stopAt);
    yield first;
    if (goAt < stopAt) { c.go(rig); yield stopAt - goAt; }
    const r = currentRun();
    const endedAtMs = r.nowMs;
    if (how === 'leave') for (const s of seen) s.unsubscribe();
    const report = how === 'leave' ? undefined : new Watch<unknown>(how === 'drain' ? stream.drain({ deadlineMs: 200 }) : rig.client.close({ deadlineMs: 200 }));
    r.onEnd(() => {
      left = r.nowMs - endedAtMs;
      facts = { report: report?.ended, seen: seen.map((s) => s.ended), err: seen[0]?.error };
      open = rig.server.counters.connections.open;
    });
    yield 300;
    if (how === 'leave') { expect([lag.ended, pos.ended]).toEqual([undefined, undefined]); }
    lag.unsubscribe();
    pos.unsubscribe();
  });
  expect({ left: left <= 345, window: [window.deliveries, window.bytes], open, report: (facts as any).report ?? 'complete' }).toEqual({ left: true, window: [0, 0], open: expect.any(Number), report: 'complete' });
  expect(open).toBeLessThanOrEqual(1); // the wire of recreate
}

describe.each(['consume', 'tail'] as const)('%s', (method) => {
  describe.each(Object.keys(cases))('%s', (name) => {
    it.each(['leave', 'drain', 'close'] as const)('%s', (how) => {
      for (const goAt of [25, 61, 95, 140]) for (let stopAt = 3; stopAt < 330; stopAt += 13) {
        try { run(method, cases[name]!, goAt, stopAt, how); } catch (error) { throw new Error(`go ${goAt} stop ${stopAt}: ${(error as Error).message}`); }
      }
    });
  });
});
