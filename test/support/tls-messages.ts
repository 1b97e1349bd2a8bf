/** Builders of TLS and DTLS messages for tests. */

/** Big-endian number of `octets` octets. */
export function number(value: number, octets: number): Buffer {
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}

/** Bytes behind their length in `octets` octets. */
export function vector(octets: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([number(body.length, octets), body]);
}

/** An extension. */
export function extension(type: number, ...content: Uint8Array[]): Buffer {
  return Buffer.concat([number(type, 2), vector(2, ...content)]);
}

/** A server_name extension. */
export function serverName(name: string): Buffer {
  return extension(0, vector(2, number(0, 1), vector(2, Buffer.from(name, 'latin1'))));
}

/** An ALPN extension. */
export function applicationProtocols(...names: string[]): Buffer {
  return extension(16, vector(2, ...names.map((name) => vector(1, Buffer.from(name, 'latin1')))));
}

/** A list of 16-bit numbers behind its length in `octets` octets. */
export function list16(octets: number, ...values: number[]): Buffer {
  return vector(octets, ...values.map((value) => number(value, 2)));
}

/** Body of a ClientHello. */
export function clientHello(options: {
  version?: number;
  session?: Uint8Array;
  cookie?: Uint8Array;
  suites?: readonly number[];
  extensions?: readonly Uint8Array[];
}): Buffer {
  return Buffer.concat([
    number(options.version ?? 0x0303, 2),
    Buffer.alloc(32, 1),
    vector(1, options.session ?? Buffer.alloc(0)),
    ...(options.cookie === undefined ? [] : [vector(1, options.cookie)]),
    list16(2, ...(options.suites ?? [0xc02f])),
    vector(1, Buffer.of(0)),
    vector(2, ...(options.extensions ?? [])),
  ]);
}

/** Body of a ServerHello. */
export function serverHello(options: {
  version?: number;
  random?: Uint8Array;
  session?: Uint8Array;
  suite?: number;
  extensions?: readonly Uint8Array[];
}): Buffer {
  return Buffer.concat([
    number(options.version ?? 0x0303, 2),
    options.random ?? Buffer.alloc(32, 2),
    vector(1, options.session ?? Buffer.alloc(0)),
    number(options.suite ?? 0xc02f, 2),
    Buffer.of(0),
    vector(2, ...(options.extensions ?? [])),
  ]);
}

/** Body of a Certificate message. */
export function certificates(...encoded: Uint8Array[]): Buffer {
  return vector(3, ...encoded.map((one) => vector(3, one)));
}

/** A handshake message of TLS. */
export function handshake(type: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, body)]);
}

/** A record of TLS. */
export function record(type: number, content: Uint8Array, version = 0x0303): Buffer {
  return Buffer.concat([Buffer.of(type), number(version, 2), vector(2, content)]);
}

/** A fragment of a handshake message of DTLS; the whole message where no range is given. */
export function datagramHandshake(
  type: number,
  sequence: number,
  body: Uint8Array,
  from = 0,
  to = body.length,
): Buffer {
  return Buffer.concat([
    Buffer.of(type),
    number(body.length, 3),
    number(sequence, 2),
    number(from, 3),
    vector(3, body.subarray(from, to)),
  ]);
}

/** A record of DTLS. */
export function datagramRecord(type: number, epoch: number, content: Uint8Array, version = 0xfefd): Buffer {
  return Buffer.concat([
    Buffer.of(type),
    number(version, 2),
    number(epoch, 2),
    number(0, 6),
    vector(2, content),
  ]);
}
