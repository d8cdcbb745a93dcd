import { randomBytes } from 'node:crypto';
import type { Connector } from '../../src/transports/channel.js';
import { compare, toSend, type Variables } from './frame-form.js';
import type { Frame, Scenario, Step } from './recording.js';
import { until, type Script } from '../../src/testing.js';
import { Wire } from './wire.js';

const DEFAULT_GAP_MS = 10;
const DEFAULT_WITHIN_MS = 5000;

/** Plays the client's part of a recorded conversation and compares every byte of the server's. */
export function* expectReplay(scenario: Scenario, connector: Connector): Script {
  const variables: Variables = new Map();
  for (const [name, text] of Object.entries(scenario.names ?? {})) {
    variables.set(name, text.slice(0, -8) + randomBytes(4).toString('hex'));
  }
  const wires = new Map<string, Wire>();
  yield* open('a', wires, connector);
  for (const [index, step] of scenario.steps.entries()) {
    try {
      yield* play(step, wires, variables, connector);
    } catch (error) {
      throw new Error(`${scenario.name}, step ${index}: ${(error as Error).message}`, { cause: error });
    }
  }
  yield 20;
  for (const [name, wire] of wires) {
    if (wire.waiting > 0) throw new Error(`${scenario.name}: ${wire.waiting} more bytes came on ${name}`);
    wire.close();
  }
}

function* open(name: string, wires: Map<string, Wire>, connector: Connector): Script {
  const wire = new Wire(connector);
  wires.set(name, wire);
  yield* until(() => wire.opened);
}

function* play(step: Step, wires: Map<string, Wire>, variables: Variables, connector: Connector): Script {
  if (step.open !== undefined) return yield* open(step.open, wires, connector);
  const wire = wires.get(step.on ?? 'a');
  if (wire === undefined) throw new Error(`no connection ${step.on}`);
  if (step.send !== undefined) yield* send(wire, step, variables);
  else if (step.recv !== undefined) for (const frame of step.recv) yield* receive(wire, frame, step, variables);
  else if (step.silentMs !== undefined) yield* silent(wire, step.silentMs);
  else if (step.closedWithinMs !== undefined) {
    yield* until(() => wire.closed, step.closedWithinMs);
    if (wire.waiting > 0) throw new Error('the server sent something before it closed');
  } else throw new Error(`a step that nobody understands: ${JSON.stringify(step)}`);
}

function* send(
  wire: Wire,
  { send: frames = [], chunks = [], gapMs = DEFAULT_GAP_MS }: Step,
  variables: Variables,
): Script {
  const bytes = Buffer.concat(frames.map((frame) => toSend(frame, variables)));
  let at = 0;
  for (const size of chunks) {
    wire.send(bytes.subarray(at, at + size));
    at += size;
    yield gapMs;
  }
  wire.send(bytes.subarray(at));
}

function* receive(wire: Wire, frame: Frame, step: Step, variables: Variables): Script {
  let actual: Buffer | undefined;
  yield* until(() => (actual = wire.take()) !== undefined || wire.closed, step.withinMs ?? DEFAULT_WITHIN_MS);
  if (actual === undefined) throw new Error('the server closed the connection');
  compare(actual, frame, variables);
}

function* silent(wire: Wire, silentMs: number): Script {
  yield silentMs;
  if (wire.waiting > 0 || wire.closed) throw new Error('the connection was not silent');
}
