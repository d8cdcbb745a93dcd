import { genuineLatencyHeats } from '../genuine/heats.js';
import { measuredGenuine } from '../genuine/measure.js';
import { measureHeats, type MeasureOptions } from '../harness/command.js';
import { FakeGround } from '../harness/fake-ground.js';
import { latencyHeats } from './heats.js';

/** `bench latency`: what the client adds to the way there and back. */
export async function latencyCommand(options: MeasureOptions): Promise<void> {
  if (await measuredGenuine(genuineLatencyHeats, options)) return;
  await measureHeats(
    { heats: latencyHeats, open: async (heat, { compiled }) => FakeGround.open(heat, compiled) },
    options,
  );
}
