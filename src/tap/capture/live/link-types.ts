/** LINKTYPE_ numbers of what interfaces give, by the kernel's number for their hardware (ARPHRD_, linux/if_arp.h). */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [1, 1], // Ethernet
  [772, 1], // loopback: an Ethernet header of zeros
  [512, 101], // PPP: the header is not shown
  [519, 101], // raw IP (modems)
  [768, 101], // IP in IP
  [769, 101],
  [776, 101], // IPv6 in IPv4
  [0xfffe, 101], // tun, WireGuard: no header
  [801, 105], // 802.11
  [803, 127], // 802.11 with radiotap
]);

export const ETHERNET = 1;
export const RAW_IP = 101;
export const LOOPBACK_HARDWARE = 772;

/** The LINKTYPE_ number of an interface; undefined where its kind is not known here. */
export function linkTypeOf(hardware: number): number | undefined {
  return LINK_TYPES.get(hardware);
}
