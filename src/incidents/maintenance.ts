import { fits } from '../name-pattern.js'
import { formatSubject, type Scope } from './subject.js'

/** Work that somebody announced: one subject, or every incident that names a node whose name fits the pattern. */
export interface Maintenance {
  /** As `formatSubject` writes it; null where there is a pattern. */
  subject: string | null
  /** A node's name in which `*` stands for any text and `?` for one character; null where there is a subject. */
  pattern: string | null
  fromMs: number
  untilMs: number
}

/**
 * True where the incident is marked `in_maintenance` at that moment. A subject covers just itself. A pattern covers a node, and every path and link
 * that starts or ends at such a node; the collector only a subject. Both regardless of case.
 */
export function covers ({ subject, pattern, fromMs, untilMs }: Maintenance, scope: Scope, atMs: number): boolean {
  if (atMs < fromMs || atMs >= untilMs) return false
  if (pattern !== null) return namesIn(scope).some((name) => fits(pattern, name))
  return subject?.toLowerCase() === formatSubject(scope).toLowerCase()
}

function namesIn (scope: Scope): string[] {
  switch (scope.type) {
    case 'path': return [scope.src, scope.dst]
    case 'link': return [scope.a, scope.b]
    case 'node': return [scope.node]
    case 'collector': return []
  }
}
