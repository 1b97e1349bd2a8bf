/** Host rules: tunnels to the outside and security vendors. The form of a line is described in `rules.ts`. */
export const SECURITY = `
= CactusVPN VPN
cactusdb.net
cactussstp.com
cactusvpn.com
= CloudflareWarp VPN
cloudflareclient.com
= Cybersec Cybersecurity
abuse.ch
avast.com
avcdn.net
avira.com
barracuda.com
bitdefender.net
bondedsender.org
bullguard.com
checkpoint.com
cleanbrowsing.org
crowdstrike.com
darktrace.com
dnsbl.
e5.sk
eset.com
eset.eu
eset.sk
eset.systems
esetsoftware.com
esvarbl.com
f-secure.com
fortinet.com
habeas.com
ixhash.net
kaspersky-labs.com
kaspersky.com
mailspike.net
malwarebytes.com
mcafee.com
norton.com
paloaltonetworks.com
pandasecurity.com
rapid7.com
rsa.com
rspamd.com
senderscore.com
sentinelone.com
sentinelone.net
sonicwall.com
sophos.com
sophosxl.net
sorbs.net
spamcop.net
spameatingmonkey.net
spamhaus.org
support-intelligence.net
surbl.org
surriel.com
symantec.com
trendmicro.com
= GearUP_Booster VPN
gearupportal.com
gearupportal.com.cdn.cloudflare.net
= Hamachi VPN
secure.logmein.com
= HotspotShield VPN
anchorfree.
hotspotshield.com
northghost.com
= LagoFast VPN
6fast.com
lagofast.com
= Mullvad VPN
mullvad.net
= NordVPN VPN
napps-1.com
napps-2.com
nordaccount.com
nordcdn.com
nordsec.com
nordvpn.com
= OperaVPN VPN
sec-tunnel.com
= PrivateInternetAccess VPN
privateinternetaccess.com
= ProtonVPN VPN
protonvpn.com
protonvpn.net
vpn-api.proton.me
= Psiphon VPN
psiphon3.net
= Softether VPN
softether-network.net
softether.org
= SurfShark VPN
surfshark.com
= Tailscale VPN
tailscale.com
= Tor VPN
torproject.org
= TunnelBear VPN
polargrizzly.com
tunnelbear.com
= Windscribe VPN
whiskergalaxy.com
windscribe.com
`;
