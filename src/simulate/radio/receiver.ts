const start = 0x3c
const headerBytes = 3

/**
 * How firmware reads frames from a socket (SerialWifiInterface::checkRecvFrame): three bytes are a header, whatever they are, and as
 * many bytes as it says are waited for. So anything that is no frame, such as `GET / HTTP`, wedges it until the client
 * connects anew. Frames of no length, of another direction or too long are left out without a word.
 */
export class FirmwareReceiver {
  readonly #longest: number
  #buffer: Buffer = Buffer.alloc(0)

  constructor (maxFrameBytes: number) {
    this.#longest = maxFrameBytes
  }

  /** Holds at most the 65,538 bytes that a header can ask for, and one chunk. */
  push (chunk: Buffer): Uint8Array[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    const payloads: Uint8Array[] = []
    while (this.#buffer.length >= headerBytes) {
      const type = this.#buffer.readUInt8(0)
      const end = headerBytes + (type === 0 ? 0 : this.#buffer.readUInt16LE(1))
      if (end > this.#buffer.length) break
      const payload = this.#buffer.subarray(headerBytes, end)
      if (type === start && payload.length > 0 && payload.length <= this.#longest) payloads.push(new Uint8Array(payload))
      this.#buffer = this.#buffer.subarray(end)
    }
    return payloads
  }
}
