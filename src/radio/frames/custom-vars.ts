import { decodeText, encodeText } from './text.js'

/** Names that no message may carry (src/messages/storable.ts). */
const forbidden = new Set(['__proto__', 'constructor'])
const longest = 175

/** `key:value,key:value`. A piece without a colon is left out. */
export function decodeCustomVars (bytes: Uint8Array): Record<string, string> {
  const pairs = decodeText(bytes).split(',').flatMap((piece) => {
    const colon = piece.indexOf(':')
    return colon < 0 ? [] : [[piece.slice(0, colon), piece.slice(colon + 1)] as const]
  })
  return Object.fromEntries(pairs.filter(([name]) => !forbidden.has(name)))
}

export function encodeCustomVars (vars: Record<string, string>): Uint8Array {
  return encodeText(Object.entries(vars).map(([name, value]) => `${name}:${value}`).join(','), longest)
}
