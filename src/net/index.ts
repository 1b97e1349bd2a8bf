export {
  type Address,
  expandIpv6,
  formatAddress,
  formatIpv4,
  formatIpv6,
  parseAddress,
  recordAddress,
} from './address.ts';
export { hex, i32, latin1, u8, u16, u24, u32, utf8 } from './bytes.ts';
export { formatPrefix, type Prefix, PrefixSet, parsePrefix, prefixContains } from './cidr.ts';
export { COMMUNITY_ID_LENGTH, communityId, putCommunityId } from './community-id.ts';
export { TextDigest } from './digest.ts';
export { isGrease } from './grease.ts';
export { type Ja4Parts, ja4Of } from './ja4.ts';
export { SHA1_BLOCK_MESSAGE, sha1Block } from './sha1.ts';
