// What would move a terminal's cursor or turn the direction of what is printed. Joiners stay: emoji in names need them.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const replacement = '\ufffd'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of a frame up to its NUL, fit for terminals and the database: invalid UTF-8 and control characters become U+FFFD. */
export function decodeText (bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end)).replace(unprintable, replacement)
}

/** UTF-8, cut after the last character that fits. */
export function encodeText (text: string, mostBytes: number): Uint8Array {
  const bytes = new Uint8Array(mostBytes)
  return bytes.subarray(0, new TextEncoder().encodeInto(text, bytes).written)
}
