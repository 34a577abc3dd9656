const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** Index behind the string that opens at `start`; the text's length where it never closes. */
function skipString (text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i + 1
    if (code === backslash) i++
  }
  return text.length
}

/** What a look at the brackets and commas outside strings tells. */
export interface Structure {
  /** Nested deeper than asked; nothing behind that place was looked at. */
  tooDeep: boolean
  /** Elements of the outermost list. */
  elements: number
}

/** Looks at a text before JSON.parse, which would build all that is in it. */
export function scanStructure (text: string, deepestAllowed: number): Structure {
  let depth = 0
  let elements = 1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) i = skipString(text, i) - 1
    else if (code === comma) elements += depth === 1 ? 1 : 0
    else if (code === openBrace || code === openBracket) {
      if (++depth > deepestAllowed) return { tooDeep: true, elements }
    } else if (code === closeBrace || code === closeBracket) depth--
  }
  return { tooDeep: false, elements }
}

/** The texts between the commas of a JSON list, at most `limit` + 1 of them; undefined where the brackets do not match. */
export function splitList (text: string, limit: number): string[] | undefined {
  const elements: string[] = []
  let depth = 0
  let start = 1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) i = skipString(text, i) - 1
    else if (code === openBrace || code === openBracket) depth++
    else if (code === closeBrace || code === closeBracket) depth--
    else if (code === comma && depth === 1) {
      elements.push(text.slice(start, i))
      start = i + 1
    }
    if (elements.length > limit) return elements
    if (depth === 0) return i === text.length - 1 ? [...elements, text.slice(start, i)] : undefined
  }
  return undefined
}

/**
 * Puts null where C's printf wrote `nan` or `inf`, and other languages `NaN` or `Infinity`. Strings and everything else stay as
 * they are. A null that is not in place of a value is no JSON either, so the place needs no check.
 * Takes time in proportion to the text, whatever it holds.
 */
export function repairNonFinite (text: string): { text: string, count: number } {
  const word = /-?(?:nan|NaN|inf|Infinity)/y
  const parts: string[] = []
  let copied = 0
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) === quote) i = skipString(text, i) - 1
    else if ('-nNiI'.includes(text.charAt(i))) {
      word.lastIndex = i
      if (!word.test(text)) continue
      parts.push(text.slice(copied, i), 'null')
      copied = word.lastIndex
      i = copied - 1
    }
  }
  return { text: parts.join('') + text.slice(copied), count: parts.length / 2 }
}
