/** How a version's long header looks: as in RFC 9000, or Google's early one of Q044 to Q046. */
export type HeaderForm = 'ietf' | 'google';

/** What must be known of a version to read its packets. */
export interface QuicVersion {
  readonly number: number;
  readonly form: HeaderForm;
  /** Salt of the Initial secrets; undefined where Initial packets are in clear. */
  readonly salt?: Buffer | undefined;
  /** Prefix of the labels that keys are expanded with (RFC 9001 section 5.1, RFC 9369 section 3.3.2). */
  readonly labels: 'quic' | 'quicv2';
  /** True for Google's versions, whose frames are not all as in RFC 9000. */
  readonly google: boolean;
  /** True where the handshake is Google's tagged messages instead of TLS. */
  readonly tags: boolean;
}

const salt = (digits: string): Buffer => Buffer.from(digits, 'hex');

const SALT_DRAFT_22 = salt('7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a');
const SALT_DRAFT_23 = salt('c3eef712c72ebb5a11a7d2432bb46365bef9f502');
const SALT_DRAFT_29 = salt('afbfec289993d24c9e9786f19c6111e04390a899');
/** RFC 9001 section 5.2; also drafts 33 and 34. */
const SALT_V1 = salt('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const SALT_V2_DRAFT = salt('a707c203a59b47184a1d62ca570406ea7ae3e5d3');
/** RFC 9369 section 3.3.1. */
const SALT_V2 = salt('0dede3def700a6db819381be6e269dcbf9bd2ed9');
const SALT_Q050 = salt('504574efd066fe2f9d945cfcdbd3a7f0d3b56b45');
const SALT_T050 = salt('7ff579e5acd072915580304c43a2367c60488310');
const SALT_T051 = salt('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d');

export const QUIC_V1 = 0x00000001;
export const QUIC_V2 = 0x6b3343cf;

const versions = new Map<number, QuicVersion>();

function ietf(number: number, bytes: Buffer, labels: 'quic' | 'quicv2' = 'quic'): void {
  versions.set(number, { number, form: 'ietf', salt: bytes, labels, google: false, tags: false });
}

ietf(QUIC_V1, SALT_V1);
ietf(QUIC_V2, SALT_V2, 'quicv2');
ietf(0x709a50c4, SALT_V2_DRAFT, 'quicv2');
for (let draft = 22; draft <= 34; draft++)
  ietf(
    0xff000000 + draft,
    draft === 22 ? SALT_DRAFT_22 : draft < 29 ? SALT_DRAFT_23 : draft < 33 ? SALT_DRAFT_29 : SALT_V1,
  );
// Facebook's mvfst.
ietf(0xfaceb001, SALT_DRAFT_22);
for (let number = 0xfaceb002; number <= 0xfaceb013; number++) ietf(number, SALT_DRAFT_23);

function google(number: number, form: HeaderForm, bytes: Buffer | undefined, tags: boolean): void {
  versions.set(number, { number, form, salt: bytes, labels: 'quic', google: true, tags });
}

google(0x51303434, 'google', undefined, true);
google(0x51303435, 'google', undefined, true);
google(0x51303436, 'google', undefined, true);
google(0x51303530, 'ietf', SALT_Q050, true);
google(0x54303530, 'ietf', SALT_T050, false);
google(0x54303531, 'ietf', SALT_T051, false);

/** Looks a version up; undefined when it is not known, also for 0, for those reserved to force negotiation and for those with the public header. */
export function quicVersion(number: number): QuicVersion | undefined {
  return versions.get(number);
}

/** Google's versions Q020 to Q043, which have the public header. */
export function isPublicVersion(number: number): boolean {
  if (number >>> 16 !== 0x5130) return false;
  const tens = ((number >>> 8) & 255) - 0x30;
  const ones = (number & 255) - 0x30;
  return ones >= 0 && ones <= 9 && ((tens >= 2 && tens <= 3) || (tens === 4 && ones <= 3));
}

/** True for the pattern 0x?a?a?a?a, reserved to force version negotiation (RFC 9000 section 15). */
export function isReservedVersion(number: number): boolean {
  return (number & 0x0f0f0f0f) === 0x0a0a0a0a;
}

/** A version in EVE: Google's early ones by name, others in hexadecimal. */
export function versionText(number: number): string {
  switch (number) {
    case 0x51303339:
      return 'Q039';
    case 0x51303433:
      return 'Q043';
    case 0x51303434:
      return 'Q044';
    case 0x51303435:
      return 'Q045';
    case 0x51303436:
      return 'Q046';
    default:
      return number.toString(16);
  }
}

/** mvfst's versions that Zeek has a name for. */
const ZEEK_MVFST: ReadonlySet<number> = new Set([
  0xfaceb001, 0xfaceb002, 0xfaceb00e, 0xfaceb011, 0xfaceb012, 0xfaceb013,
]);

/** A version in Zeek's quic.log, whose table writes draft 31 as 30. */
export function zeekVersion(number: number): string {
  if (number === QUIC_V1) return '1';
  if (number === QUIC_V2) return 'quicv2';
  if (number >= 0xff000016 && number <= 0xff000022)
    return `draft-${number === 0xff00001f ? 30 : number & 255}`;
  if (ZEEK_MVFST.has(number)) return `mvfst (${number.toString(16)})`;
  return `unknown-${number.toString(16)}`;
}
