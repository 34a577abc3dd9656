/** What an issue is about, as its JSON shows it. */
export type Scope =
  | { type: 'path', src: string, dst: string }
  | { type: 'link', a: string, b: string, medium: string }
  | { type: 'node', node: string }
  | { type: 'collector' }

/** The two ends of a link in the order of its name. `turned`: it was given the other way round, so lq and nlq change places. */
export interface Ends { a: string, b: string, turned: boolean }

const radio = 'rf'
const radioTypes: ReadonlySet<string> = new Set(['', radio, 'unknown'])

/** The medium that keeps links apart: every link type but rf, absent and unknown is a link of its own. */
export function mediumOf (linkType: string | null): string {
  return linkType === null || radioTypes.has(linkType) ? radio : linkType
}

/** Sorted by lower-case code point; UTF-8 keeps that order, UTF-16 does not. */
export function orderEnds (from: string, to: string): Ends {
  const turned = Buffer.compare(Buffer.from(from.toLowerCase()), Buffer.from(to.toLowerCase())) > 0
  return turned ? { a: to, b: from, turned } : { a: from, b: to, turned }
}

/** The subject of a scope: `src>dst`, `a--b`, `a--b@tunnel`, `node` or `collector`. */
export function formatSubject (scope: Scope): string {
  switch (scope.type) {
    case 'path': return `${escapeName(scope.src)}>${escapeName(scope.dst)}`
    case 'link': {
      const { a, b } = orderEnds(scope.a, scope.b)
      return `${escapeName(a)}--${escapeName(b)}${scope.medium === radio ? '' : `@${escapeName(scope.medium)}`}`
    }
    case 'node': return escapeName(scope.node)
    case 'collector': return 'collector'
  }
}

/** Reads `a--b` or `a--b@tunnel`, ends in either order; null where it is no link. */
export function parseLink (text: string): Extract<Scope, { type: 'link' }> | null {
  const [pair = '', medium = radio, ...more] = text.split('@')
  const [left = '', right = '', ...rest] = pair.split('--')
  const [from, to, type] = [left, right, medium].map(unescapeName)
  if (!from || !to || !type || more.length > 0 || rest.length > 0) return null
  const { a, b } = orderEnds(from, to)
  return { type: 'link', a, b, medium: mediumOf(type.toLowerCase()) }
}

/** Reads `src,dst` as in `route=`; null where it is no path. */
export function parseRoute (text: string): Extract<Scope, { type: 'path' }> | null {
  const [src, dst, ...more] = text.split(',').map(unescapeName)
  return src && dst && more.length === 0 ? { type: 'path', src, dst } : null
}

/** Reads what `formatSubject` writes, the ends of a link in any order; null where it is no subject. A node named collector reads as the collector. */
export function parseSubject (text: string): Scope | null {
  if (text === 'collector') return { type: 'collector' }
  const [src, dst, ...more] = text.split('>').map(unescapeName)
  if (text.includes('>')) return src && dst && more.length === 0 ? { type: 'path', src, dst } : null
  if (text.includes('--')) return parseLink(text)
  return src ? { type: 'node', node: src } : null
}

/** What separates names must not stand in one: `%`, `>`, `,`, `@`, and a `-` at either end or beside another. */
function escapeName (name: string): string {
  return name.replace(/[%>,@]|^-|-$|-(?=-)|(?<=-)-/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Null for what no name holds: bytes that are no UTF-8, control characters. */
function unescapeName (text: string): string | null {
  try {
    const name = decodeURIComponent(text)
    return /\p{Cc}/u.test(name) ? null : name
  } catch {
    return null
  }
}
