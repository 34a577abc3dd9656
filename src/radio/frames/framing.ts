import { FrameError } from './types.js'

/** `<` opens a frame from app to radio, `>` one from radio to app. */
export type Start = '<' | '>'

const headerBytes = 3
/** Longest payload that a receiver believes (meshcore_py does the same); firmware sends up to 176 bytes. */
const longestBelieved = 300
/** Longest payload that firmware takes (1.16 and newer; 172 before). */
export const longestPayload = 176

/** A payload with its header, for transports without frames of their own. Throws FrameError when it is empty or longer than 176 bytes. */
export function frame (start: Start, payload: Uint8Array): Uint8Array {
  if (payload.length === 0 || payload.length > longestPayload) throw new FrameError(`a payload has 1 to ${longestPayload} bytes, not ${payload.length}`)
  const bytes = new Uint8Array(headerBytes + payload.length)
  bytes.set([start.charCodeAt(0), payload.length & 0xff, payload.length >> 8])
  bytes.set(payload, headerBytes)
  return bytes
}

/** Codes that payloads begin with, and a few that newer firmware may add. */
const believedCodes: Record<Start, (code: number) => boolean> = {
  '<': (code) => code >= 1 && code < 0x50,
  '>': (code) => (code & 0x7f) < 0x20,
}

/**
 * Finds frames in a stream of bytes, whatever else is in it: a header with a length of 0 or above 300 is none, and the search
 * goes on with the next byte. A frame that begins where the last one ended, or with the stream, is believed as it is: what a
 * payload contains, which anyone on the mesh may choose, never counts. After other bytes a start byte may be part of noise, so
 * there a frame must begin with a code of the protocol, and one that ends where another begins, or with the last byte
 * received, is preferred to an earlier one that does not. So noise costs at most the frames that begin within the 302 bytes
 * after it, those that a false start among its last bytes takes for its own. Payloads that hold false starts themselves can make
 * that longer; a pause and `giveUp` always end it.
 */
export class Framer {
  private held = new Uint8Array(0)
  /** The next byte is expected to begin a frame. */
  private inStep = true
  private readonly startByte: number

  constructor (private readonly start: Start) {
    this.startByte = start.charCodeAt(0)
  }

  /** True while a frame has begun and is not whole. At most 302 bytes are held. */
  get isWaiting (): boolean {
    return this.held.length > 0
  }

  /** The payloads that are whole now, in order. */
  push (chunk: Uint8Array): Uint8Array[] {
    const bytes = new Uint8Array(this.held.length + chunk.length)
    bytes.set(this.held)
    bytes.set(chunk, this.held.length)
    return this.scan(bytes)
  }

  /**
   * Gives up the frame that has begun: for a caller that has waited long enough for the rest of it, because bytes were lost or
   * its start was noise. Returns the frames found behind that start. Nothing is held afterwards, so the next frame is found
   * whatever came before.
   */
  giveUp (): Uint8Array[] {
    const payloads: Uint8Array[] = []
    while (this.isWaiting) {
      this.inStep = false
      payloads.push(...this.scan(this.held.subarray(1)))
    }
    this.inStep = true
    return payloads
  }

  /** Forgets everything, for a new connection. */
  reset (): void {
    this.held = new Uint8Array(0)
    this.inStep = true
  }

  private scan (bytes: Uint8Array): Uint8Array[] {
    const payloads: Uint8Array[] = []
    let at = 0
    for (;;) {
      const begin = this.findBegin(bytes, at)
      const end = this.endOf(bytes, begin)
      if (end > bytes.length) {
        this.held = bytes.slice(begin)
        return payloads
      }
      payloads.push(bytes.slice(begin + headerBytes, end))
      this.inStep = true
      at = end
    }
  }

  /** Where the next frame begins; the end of `bytes` if there is none. */
  private findBegin (bytes: Uint8Array, from: number): number {
    if (from === bytes.length || (this.inStep && this.mayBegin(bytes, from))) return from
    this.inStep = false
    let first = from
    while (first < bytes.length && !this.mayBegin(bytes, first)) first++
    const end = this.endOf(bytes, first)
    for (let begin = first; begin < Math.min(end, bytes.length); begin++) {
      if (!this.mayBegin(bytes, begin)) continue
      const its = this.endOf(bytes, begin)
      if (its <= bytes.length && this.isBoundary(bytes, its)) return begin
    }
    return first
  }

  /** Whether a frame can begin there, as far as the bytes received tell. */
  private mayBegin (bytes: Uint8Array, at: number): boolean {
    if (bytes[at] !== this.startByte) return false
    if (at + headerBytes > bytes.length) return true
    const length = bytes[at + 1]! + bytes[at + 2]! * 256
    if (length === 0 || length > longestBelieved) return false
    const code = bytes[at + headerBytes]
    return this.inStep || code === undefined || believedCodes[this.start](code)
  }

  /** Where the frame that begins there ends; beyond the bytes received if it is not whole, or none. */
  private endOf (bytes: Uint8Array, begin: number): number {
    if (begin + headerBytes > bytes.length) return bytes.length + 1
    return begin + headerBytes + bytes[begin + 1]! + bytes[begin + 2]! * 256
  }

  private isBoundary (bytes: Uint8Array, at: number): boolean {
    return at === bytes.length || this.mayBegin(bytes, at)
  }
}
