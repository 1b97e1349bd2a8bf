/** What a body processor found in a request's body. All text is binary. */
export interface BodyParts {
  /** Arguments, names as rules see them. */
  readonly arguments: readonly (readonly [name: string, value: string])[];
  readonly files: readonly UploadedFile[];
  /** Header lines of multipart parts, each with the name of its part. */
  readonly partHeaders: readonly (readonly [part: string, line: string])[];
  /** Names and file names of multipart parts as they were sent. */
  readonly partNames: readonly string[];
  readonly partFileNames: readonly string[];
  /** Text and attribute values of an XML document. */
  readonly xml: { readonly text: readonly string[]; readonly attributes: readonly string[] } | undefined;
  /** What is wrong with the body; empty where nothing is. */
  readonly error: string;
  /** An escape of a form that stands for no byte. */
  readonly badEscapes: boolean;
  /** Shapes of a multipart body by the names of their variables, `MULTIPART_DATA_BEFORE`: 1. */
  readonly flags: ReadonlyMap<string, number>;
}

/** A file in a multipart body. */
export interface UploadedFile {
  /** Name of the form's field. */
  readonly field: string;
  /** Name of the file, as it was sent. */
  readonly name: string;
  readonly content: string;
}

/** A body in which nothing was looked for. */
export const NO_PARTS: BodyParts = {
  arguments: [],
  files: [],
  partHeaders: [],
  partNames: [],
  partFileNames: [],
  xml: undefined,
  error: '',
  badEscapes: false,
  flags: new Map(),
};

/** Bounds of the body processors. */
export interface BodyLimits {
  readonly arguments: number;
  readonly depth: number;
}
