import type { BodyLimits, BodyParts, UploadedFile } from './body.ts';
import { MultipartReader } from './multipart-reader.ts';

/** A multipart body, read. All text is binary. */
export interface MultipartBody {
  readonly arguments: readonly (readonly [name: string, value: string])[];
  readonly files: readonly UploadedFile[];
  /** Header lines without their line ends; folded ones in one line. */
  readonly partHeaders: readonly (readonly [part: string, line: string])[];
  readonly partNames: readonly string[];
  readonly partFileNames: readonly string[];
  /** What is wrong with the body, in ModSecurity's words and in the order in which it was found; the first few. */
  readonly errors: readonly string[];
  /** The last boundary was there: without it ModSecurity 3 knows no arguments. */
  readonly isComplete: boolean;
  readonly flags: MultipartFlags;
}

/** Shapes of a multipart body that programs read in different ways. */
export interface MultipartFlags {
  readonly boundaryQuoted: boolean;
  readonly boundaryWhitespace: boolean;
  readonly crlfLine: boolean;
  readonly dataAfter: boolean;
  readonly dataBefore: boolean;
  readonly headerFolding: boolean;
  readonly invalidHeaderFolding: boolean;
  readonly invalidPart: boolean;
  readonly invalidQuoting: boolean;
  readonly lfLine: boolean;
  readonly missingSemicolon: boolean;
  /** The parser gave up. */
  readonly error: boolean;
  /** 1: a line that looks like a boundary is none; 2: such a line was followed by a boundary. */
  readonly unmatchedBoundary: 0 | 1 | 2;
}

/** What {@link parseMultipart} must not exceed. */
export type MultipartLimits = Pick<BodyLimits, 'arguments'>;

/**
 * Reads a body of `multipart/form-data` as ModSecurity 3 does, with what it makes of malformed ones, and with differences
 * that show more to rules: line breaks within values stay, header lines have no line ends, parts are known though the
 * last boundary is missing, a header that a part has twice and an empty boundary are errors, a quote that is never closed
 * is invalid quoting.
 *
 * @param contentType the request's Content-Type header
 */
export function parseMultipart(body: string, contentType: string, limits: MultipartLimits): MultipartBody {
  const reader = new MultipartReader(body, contentType, limits);
  reader.read();
  return reader.result();
}

/** What rules see of a multipart body. */
export function multipartParts(body: MultipartBody): BodyParts {
  const { flags } = body;
  const number = (yes: boolean): number => (yes ? 1 : 0);
  const strict =
    flags.error ||
    flags.boundaryQuoted ||
    flags.boundaryWhitespace ||
    flags.dataBefore ||
    flags.dataAfter ||
    flags.headerFolding ||
    flags.lfLine ||
    flags.missingSemicolon ||
    flags.invalidQuoting ||
    flags.invalidPart ||
    flags.invalidHeaderFolding;
  const [first] = body.errors;
  return {
    arguments: body.arguments,
    files: body.files,
    partHeaders: body.partHeaders,
    partNames: body.partNames,
    partFileNames: body.partFileNames,
    xml: undefined,
    error: first === undefined ? '' : `Multipart parsing error: ${first}`,
    badEscapes: false,
    flags: new Map([
      ['MULTIPART_BOUNDARY_QUOTED', number(flags.boundaryQuoted)],
      ['MULTIPART_BOUNDARY_WHITESPACE', number(flags.boundaryWhitespace)],
      ['MULTIPART_CRLF_LF_LINES', number(flags.crlfLine && flags.lfLine)],
      ['MULTIPART_DATA_AFTER', number(flags.dataAfter)],
      ['MULTIPART_DATA_BEFORE', number(flags.dataBefore)],
      ['MULTIPART_HEADER_FOLDING', number(flags.headerFolding)],
      ['MULTIPART_INVALID_HEADER_FOLDING', number(flags.invalidHeaderFolding)],
      ['MULTIPART_INVALID_PART', number(flags.invalidPart)],
      ['MULTIPART_INVALID_QUOTING', number(flags.invalidQuoting)],
      ['MULTIPART_LF_LINE', number(flags.lfLine)],
      ['MULTIPART_MISSING_SEMICOLON', number(flags.missingSemicolon)],
      ['MULTIPART_STRICT_ERROR', number(strict)],
      ['MULTIPART_UNMATCHED_BOUNDARY', flags.unmatchedBoundary],
    ]),
  };
}
