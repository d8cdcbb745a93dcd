import {
  marbles,
  type LightningRig,
  type LightningRigOptions,
  type MarbleKit,
  type Script,
} from '../../src/testing.js';

/** Runs a script and closes the client in the end: a poll that nobody stops would go on for ever. */
export function waiting(options: LightningRigOptions, script: (rig: LightningRig, kit: MarbleKit) => Script): void {
  marbles(function* (kit) {
    const rig = kit.lightning(options);
    yield* script(rig, kit);
    rig.client.close().subscribe();
  });
}
