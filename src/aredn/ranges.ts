import { BlockList, isIP } from 'node:net'

/** Addresses that may be asked at all: what a node tells must never lead out of the mesh. */
export interface Ranges {
  /** False for what is no address, too. */
  includes (address: string): boolean
}

/** @param texts networks such as `10.0.0.0/8`; throws with the first that is none. */
export function parseRanges (texts: readonly string[]): Ranges {
  const list = new BlockList()
  for (const text of texts) {
    const [network = '', length = '', ...more] = text.split('/')
    const version = isIP(network)
    const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN
    if (version === 0 || more.length > 0 || !(bits <= (version === 4 ? 32 : 128))) throw new Error(`${text} is no network: write it like 10.0.0.0/8`)
    list.addSubnet(network, bits, version === 4 ? 'ipv4' : 'ipv6')
  }
  return {
    includes (address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
