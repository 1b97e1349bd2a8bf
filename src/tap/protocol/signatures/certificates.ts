/**
 * Products that are told by who issued, or who holds, their server's certificate: organisations and units that only
 * they use.
 */
const WORDS: readonly (readonly [text: string, application: string])[] = [
  ['philandro Software GmbH', 'AnyDesk'],
  ['AnyNet Relay', 'AnyDesk'],
  ['AnyDesk Client', 'AnyDesk'],
  ['FortiGate', 'FortiClient'],
  ['Windscribe', 'Windscribe'],
  ['Private Internet Access', 'PrivateInternetAccess'],
  ['Sonos Devices', 'Sonos'],
  ['Opera Software AS', 'OperaVPN'],
  ['NordVPN', 'NordVPN'],
  ['Surfshark', 'SurfShark'],
  ['ProtonVPN AG', 'ProtonVPN'],
  ['Cisco Umbrella Root CA', 'OpenDNS'],
  ['TeamViewer', 'TeamViewer'],
  ['ntop.org', 'ntop'],
  ['Telegram FZ-LLC', 'Telegram'],
  ['Roku', 'Roku'],
  ['SoftEther Corporation', 'Softether'],
];

/** Tor's relays make up their certificates: two random host names, `.com` for the issuer, `.net` for the holder. */
const TOR_HOLDER = /^www\.[a-z2-7]{8,20}\.net$/;
const TOR_ISSUER = /^www\.[a-z2-7]{8,20}\.com$/;

/**
 * The application (nDPI's name) that a server's certificate belongs to, by the values of the attributes of its
 * holder's and its issuer's name; undefined when neither tells.
 */
export function applicationOfCertificate(
  holder: readonly string[],
  issuer: readonly string[],
): string | undefined {
  for (const names of [holder, issuer]) {
    for (const name of names) {
      for (const [text, application] of WORDS) if (name.startsWith(text)) return application;
    }
  }
  const tor = holder.some((name) => TOR_HOLDER.test(name)) && issuer.some((name) => TOR_ISSUER.test(name));
  return tor ? 'Tor' : undefined;
}
