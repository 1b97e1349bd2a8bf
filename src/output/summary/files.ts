import type { FileHighlight } from '../../event/index.ts';

/** Files that are kept, the most interesting ones. */
const CAPACITY = 256;

/** A file of the summary. */
export interface FoundFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: number;
  readonly complete: boolean;
  readonly sha256: string;
  /** Host that sent it: name or address; and the address that it went to. */
  readonly from: string;
  readonly to: string;
  /** Identity of the flow that it came in, for `weir cat`. */
  readonly flow: number;
  /** True for programs and scripts. */
  readonly executable: boolean;
}

interface Candidate extends FoundFile {
  readonly rank: number;
}

/**
 * The most interesting of all files: programs before archives and documents, those before all else, text and images
 * last; larger ones first. A digest is made only of files that get among them.
 */
export class Files {
  /** All files, and their bytes. */
  count = 0;
  bytes = 0;
  /** Sorted, the most interesting first. */
  private readonly best: Candidate[] = [];

  add(file: FileHighlight, from: string, to: string, flow: number): void {
    this.count++;
    this.bytes += file.bytes;
    const mime = file.mime ?? '';
    const rank = interest(mime);
    const { best } = this;
    const last = best.at(-1);
    if (best.length >= CAPACITY && last !== undefined && !before(rank, file.bytes, last)) return;
    const sha256 = file.sha256() ?? '';
    if (sha256 !== '' && best.some((one) => one.sha256 === sha256 && one.from === from)) return;
    let at = best.length;
    while (at > 0 && before(rank, file.bytes, best[at - 1]!)) at--;
    const found = { name: file.name ?? '', mime, bytes: file.bytes, complete: file.complete };
    best.splice(at, 0, { ...found, sha256, from, to, flow, executable: rank === EXECUTABLE, rank });
    if (best.length > CAPACITY) best.pop();
  }

  /** The first `limit` of them. */
  list(limit: number): FoundFile[] {
    return this.best.slice(0, limit).map(({ rank: _, ...file }) => file);
  }
}

const EXECUTABLE = 3;

function before(rank: number, bytes: number, other: Candidate): boolean {
  return rank > other.rank || (rank === other.rank && bytes > other.bytes);
}

const PROGRAM =
  /dosexec|executable|msdownload|portable|sharedlib|mach-|x-elf|java-archive|shellscript|x-msi|x-sh$|x-bat|vbscript|powershell|android\.package/;
const PACKED =
  /zip|gzip|x-tar|x-xz|x-7z|x-rar|bzip|zstd|x-lz|cab|iso9660|pdf|msword|officedocument|ms-excel|ms-powerpoint|rtf|ole/;

function interest(mime: string): number {
  if (PROGRAM.test(mime)) return EXECUTABLE;
  if (PACKED.test(mime)) return 2;
  return mime === '' || /^(text|image|video|audio)\/|json|javascript|xml|font|x-x509|ocsp/.test(mime) ? 0 : 1;
}
