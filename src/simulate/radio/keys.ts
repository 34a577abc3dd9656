import { Random } from '../random.js'

const keyBytes = 32

/** A node's public key. The first byte, which is its hash in a path, is its own among 200 nodes, and never 0 or 255. */
export function keyFor (seed: number, node: number): Uint8Array {
  const random = new Random(seed, 41, node)
  const key = Uint8Array.from({ length: keyBytes }, () => random.integer(256))
  key[0] = 1 + (37 * node + 22) % 253
  return key
}
