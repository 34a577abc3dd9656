import { BlockList, isIP } from 'node:net'

/** Addresses that may be asked at all: what a node tells must never lead out of the mesh. */
export interface Ranges {
  /** False for what is no address, too. */
  includes (address: string): boolean
}

/** An address and how many of its bits count: `10.0.0.0/8`. */
export function isNetwork (text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const version = isIP(address)
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128)
}

/** @param texts networks, as the settings check them. */
export function parseRanges (texts: readonly string[]): Ranges {
  const list = new BlockList()
  for (const text of texts) {
    const [network = '', bits = ''] = text.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return {
    includes (address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
