import type { ApiClient } from '../api/api-client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { demandsNothing, isForged, isRecognised, isSigned, prepare } from './receiving-acts.ts';
import type { Receiver, Scene } from './scene.ts';
import { exhaust, recover } from './sending-acts.ts';
import { createStage } from './stage.ts';

/** Plays every act against a running Posthorn. Rejects as soon as something does not happen as told. */
export async function play(input: {
  api: ApiClient;
  receiver: Receiver;
  terminal: Terminal;
  signal: AbortSignal;
}): Promise<void> {
  const scene: Scene = { ...input, stage: createStage(input.api, input.terminal), team: '' };
  const source = await prepare(scene);
  await isSigned(scene, source);
  await isRecognised(scene, source);
  await isForged(scene, source);
  await demandsNothing(scene, source);
  const dead = await exhaust(scene);
  await recover(scene, dead);
}
