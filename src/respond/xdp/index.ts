export type { Attachment, XdpMode } from './attachment.ts';
export { XdpEnforcer, type XdpOptions } from './xdp-enforcer.ts';
