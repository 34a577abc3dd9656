import type { Pool } from 'pg'
import { parseRoute } from '../../incidents/subject.js'
import { Refused } from '../refused.js'
import { findNames } from './names.js'
import { findPath } from './paths.js'

export interface HighlightedRoute {
  /** The ends asked for, in their stored spelling; null where none were. */
  ends: { src: string, dst: string } | null
  /** The hops of the newest window; none where the path was not measured within a day or its route is not known. */
  route: string[]
}

/** The present route of `highlight=src,dst`. Throws Refused where that is no path. */
export async function findRoute (db: Pool, highlight: string | undefined, nowMs: number): Promise<HighlightedRoute> {
  if (highlight === undefined) return { ends: null, route: [] }
  const path = parseRoute(highlight)
  if (path === null) throw new Refused(400, 'highlight: must be src,dst')
  const [src, dst] = await findNames(db, [path.src, path.dst])
  const found = src === undefined || dst === undefined ? undefined : await findPath(db, { src, dst }, nowMs)
  const route = found === undefined || (found.last.route.length === 1 && found.last.route[0] === 'unknown') ? [] : found.last.route
  return { ends: { src: src ?? path.src, dst: dst ?? path.dst }, route }
}
