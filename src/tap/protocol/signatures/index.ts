import { Recogniser } from './recogniser.ts';
import type { Signature } from './signature.ts';

export { protocolOfNumber } from './ip-protocols.ts';
export { protocolOfPorts } from './ports.ts';
export { type Finding, Recogniser, type Recollection } from './recogniser.ts';
export type { Probe, Recognition, Signature, Talk, Verdict } from './signature.ts';

/** Every signature; where several could match, the first one wins. */
export const SIGNATURES: readonly Signature[] = [];

/** A recogniser with every signature. */
export function createRecogniser(): Recogniser {
  return new Recogniser(SIGNATURES);
}
