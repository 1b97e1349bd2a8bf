import { COINS } from './coins.ts';
import { DATABASES } from './databases.ts';
import { FILES } from './files.ts';
import { GAMES } from './games.ts';
import { INDUSTRIAL } from './industrial.ts';
import { IOT } from './iot.ts';
import { MANAGEMENT } from './management.ts';
import { GENERIC, MESSAGING } from './messaging.ts';
import { Recogniser } from './recogniser.ts';
import { REMOTE } from './remote.ts';
import { ROUTING } from './routing.ts';
import { RPC } from './rpc.ts';
import { RTP } from './rtp.ts';
import type { Signature } from './signature.ts';
import { STREAMING } from './streaming.ts';
import { STUN } from './stun.ts';
import { VOICE } from './voice.ts';
import { VPN } from './vpn.ts';

export { applicationOfCertificate } from './certificates.ts';
export { CallEndpoints } from './endpoints.ts';
export { protocolOfNumber } from './ip-protocols.ts';
export { protocolOfPorts } from './ports.ts';
export { type Finding, Recogniser, type Recollection } from './recogniser.ts';
export {
  applicationBeforeTls,
  applicationOfRelay,
  applicationOfService,
  protocolOverTls,
} from './refinement.ts';
export type { Probe, Recognition, Signature, Talk, Verdict } from './signature.ts';

/** Every signature; where several could match, the first one wins. */
export const SIGNATURES: readonly Signature[] = [
  ...STUN,
  ...VOICE,
  ...IOT,
  ...REMOTE,
  ...STREAMING,
  ...RPC,
  ...FILES,
  ...VPN,
  ...MANAGEMENT,
  ...ROUTING,
  ...INDUSTRIAL,
  ...DATABASES,
  ...COINS,
  ...MESSAGING,
  ...GAMES,
  ...RTP,
  ...GENERIC,
];

/** A recogniser with every signature; `networkOf` names the network that a flow's far end belongs to. */
export function createRecogniser(networkOf: (flow: number) => string): Recogniser {
  return new Recogniser(SIGNATURES, networkOf);
}
