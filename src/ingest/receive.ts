import type { Readable } from 'node:stream'
import { Unavailable } from './writer.js'

/** A request's body, or as much of it as came and why that is not all. */
export type Received = { bytes: Buffer } & (
  | { ok: true }
  | { ok: false, status: 400 | 413, detail: string })

/**
 * The memory that the bodies of all requests under way may take together, so that a thousand large ones that arrive slowly
 * cannot fill it. A body of an agent's size needs no leave: it finds room whatever others do.
 */
export class BodyMemory {
  #used = 0

  constructor (readonly limitBytes: number) {}

  /** What one request holds until `release`. */
  open (): BodyAllowance {
    let held = 0
    return {
      take: (bytes) => {
        if (held + bytes > freeBytes && this.#used + bytes > this.limitBytes) throw new Unavailable('too many large requests at once', 2)
        held += bytes
        this.#used += bytes
      },
      release: () => {
        this.#used -= held
        held = 0
      },
    }
  }
}

export interface BodyAllowance {
  /** Throws Unavailable where others hold too much. */
  take (bytes: number): void
  release (): void
}

/** Twice the largest body of a real agent. */
const freeBytes = 16 * 1024
const firstBytes = 4096

/**
 * Reads a body of at most `maxBytes`. What comes beyond is read and dropped, up to as much again, so that the sender is still
 * there to hear why. Rejects with Unavailable where `allowance` does.
 */
export async function receiveBody (stream: Readable, maxBytes: number, allowance: BodyAllowance): Promise<Received> {
  const body = growingBuffer(allowance)
  let length = 0
  return await new Promise((resolve, reject) => {
    const finish = (outcome: { ok: true } | { ok: false, status: 400 | 413, detail: string }) => {
      stream.off('data', onData)
      resolve({ ...outcome, bytes: body.bytes() })
    }
    const tooLarge = { ok: false, status: 413, detail: `the body is larger than ${maxBytes} bytes` } as const
    const onData = (chunk: Buffer) => {
      length += chunk.length
      try {
        if (length <= maxBytes) body.append(chunk)
        else if (length > 2 * maxBytes) finish(tooLarge)
      } catch (error) {
        stream.off('data', onData)
        stream.resume()
        reject(error)
      }
    }
    stream.on('data', onData)
    stream.once('end', () => finish(length > maxBytes ? tooLarge : { ok: true }))
    stream.once('error', () => finish({ ok: false, status: 400, detail: `the connection ended in the body, after ${length} bytes` }))
  })
}

/** Copies what comes into one block: a body of one byte a chunk would otherwise take a hundred times its size. */
function growingBuffer (allowance: BodyAllowance) {
  let block = Buffer.alloc(0)
  let length = 0
  return {
    append (chunk: Buffer): void {
      if (length + chunk.length > block.length) {
        const size = Math.max(firstBytes, 2 * block.length, length + chunk.length)
        allowance.take(size - block.length)
        const larger = Buffer.allocUnsafeSlow(size)
        block.copy(larger, 0, 0, length)
        block = larger
      }
      chunk.copy(block, length)
      length += chunk.length
    },
    bytes: () => block.subarray(0, length),
  }
}
