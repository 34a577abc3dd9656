import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib'

/** A body as it was before its Content-Encoding, or why it cannot be had. */
export type Decompressed = { ok: true, bytes: Buffer } | { ok: false, status: 400 | 413 | 415, detail: string }

type Decoder = (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>

const gunzipAsync: Decoder = promisify<Buffer, ZlibOptions, Buffer>(gunzip)
const inflateAsync: Decoder = promisify<Buffer, ZlibOptions, Buffer>(inflate)
const inflateRawAsync: Decoder = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)

const mostEncodings = 2

/** `deflate` means zlib by RFC 9110, but clients send the bare stream, too. */
const deflate: Decoder = (bytes, options) => hasZlibHeader(bytes) ? inflateAsync(bytes, options) : inflateRawAsync(bytes, options)

function hasZlibHeader (bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

const decoders = new Map([['gzip', gunzipAsync], ['x-gzip', gunzipAsync], ['deflate', deflate]])

/**
 * Undoes `Content-Encoding` (gzip, deflate or none). Stops at `maxBytes` of output, so that a small body cannot fill the memory.
 * @param encoding the header as sent; undefined where there is none
 */
export async function decompress (bytes: Buffer, encoding: string | undefined, maxBytes: number): Promise<Decompressed> {
  const encodings = (encoding ?? '').toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
  if (encodings.length > mostEncodings) return { ok: false, status: 415, detail: `more than ${mostEncodings} content encodings` }
  let decoded = bytes
  for (const name of encodings.reverse()) {
    const decode = decoders.get(name)
    if (!decode) return { ok: false, status: 415, detail: 'unknown content encoding: send gzip, deflate or none' }
    try {
      decoded = await decode(decoded, { maxOutputLength: maxBytes })
    } catch (error) {
      return isTooLarge(error)
        ? { ok: false, status: 413, detail: `the body is larger than ${maxBytes} bytes when decompressed` }
        : { ok: false, status: 400, detail: `the body is not valid ${name}` }
    }
  }
  return decoded.length > maxBytes ? { ok: false, status: 413, detail: `the body is larger than ${maxBytes} bytes` } : { ok: true, bytes: decoded }
}

function isTooLarge (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
