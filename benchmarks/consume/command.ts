import { genuineConsumeHeats } from '../genuine/heats.js';
import { measuredGenuine } from '../genuine/measure.js';
import { measureHeats, type MeasureOptions } from '../harness/command.js';
import { FakeGround } from '../harness/fake-ground.js';
import { consumeHeats, quickConsumeHeats } from './heats.js';

/** `bench consume`: how close the client comes to a raw socket, and how far it is ahead of the Python client. */
export async function consumeCommand(options: MeasureOptions): Promise<void> {
  if (await measuredGenuine(genuineConsumeHeats, options)) return;
  const heats = options.quick ? quickConsumeHeats : consumeHeats;
  await measureHeats({ heats, open: async (heat, { compiled }) => FakeGround.open(heat, compiled) }, options);
}
