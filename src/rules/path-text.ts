import type { Scope } from '../incidents/subject.js'
import type { PathRow } from './path-rows.js'
import { isoOf } from './sql.js'

const mostPoints = 60

/** The two ends of a path as a sentence names them. */
export function pathName (scope: Scope): string {
  return scope.type === 'path' ? `${scope.src} to ${scope.dst}` : ''
}

/** `a, b and c`. */
export function listNames (names: string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export function formatNumber (value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function pointsOf (rows: PathRow[]): Array<[string, number]> {
  return rows.slice(-mostPoints).map(({ timeMs, value }) => [isoOf(timeMs), Math.round(value * 1000) / 1000])
}

/** Where to look along the way. */
export function lookAlong (route: string[] | null, scope: Scope): string {
  if (scope.type !== 'path') return ''
  const links = (route ?? []).slice(1).map((node, i) => `${route?.[i]}-${node}`)
  return links.length > 1
    ? `Compare the quality of the links on the route: ${listNames(links)}`
    : `Look at the link quality between ${scope.src} and ${scope.dst}`
}

/** The nodes that pass its packets on; its ends where none are known. */
export function nodesBetween (route: string[] | null, scope: Scope): string[] {
  if (scope.type !== 'path') return []
  return route !== null && route.length > 2 ? route.slice(1, -1) : [scope.src, scope.dst]
}
