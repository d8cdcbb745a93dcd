import { genuineProduceHeats } from '../genuine/heats.js';
import { measuredGenuine } from '../genuine/measure.js';
import { measureHeats, type MeasureOptions } from '../harness/command.js';
import { FakeGround } from '../harness/fake-ground.js';
import { produceHeats, quickProduceHeats } from './heats.js';

/** `bench produce`: how close the producer comes to raw frames, and how far it is ahead of the Python client. */
export async function produceCommand(options: MeasureOptions): Promise<void> {
  if (await measuredGenuine(genuineProduceHeats, options)) return;
  const heats = options.quick ? quickProduceHeats : produceHeats;
  await measureHeats({ heats, open: async (heat, { compiled }) => FakeGround.open(heat, compiled) }, options);
}
