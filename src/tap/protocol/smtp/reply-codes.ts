/**
 * Reply codes that are assigned: RFC 5321 section 4.2.3, authentication (RFC 4954, and 538 of RFC 2554), STARTTLS
 * (RFC 3207), hosts that take no mail (RFC 7504), and 525 of the registry of enhanced codes.
 */
export const REPLY_CODES: ReadonlySet<number> = new Set([
  ...[211, 214, 220, 221, 235, 250, 251, 252, 334, 354],
  ...[421, 432, 450, 451, 452, 454, 455],
  ...[500, 501, 502, 503, 504, 521, 525, 530, 534, 535, 538],
  ...[550, 551, 552, 553, 554, 555, 556],
]);
