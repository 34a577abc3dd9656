import type { Pool } from 'pg'
import type { Overview } from '../../dashboard/pages/overview.js'
import { listIssues } from '../queries/issues.js'
import { foldIssues } from './fold-issues.js'
import { readMap, type TopologyRequest } from './topology.js'

/** More cards than that nobody reads. */
const mostCards = 20
const mostRead = 1000

/** The open issues, folded under their causes, the worst first. */
export async function readOverview (db: Pool, request: Omit<TopologyRequest, 'highlight'>): Promise<Overview> {
  const { rows } = await listIssues(db, { status: 'open', limit: mostRead })
  const { mesh, layout } = await readMap(db, request, rows)
  const trees = foldIssues(rows)
  const issues = trees.filter(({ issue }) => issue.category !== 'data_quality')
  const dataQuality = trees.filter(({ issue }) => issue.category === 'data_quality').slice(0, mostCards)
  return { issues: issues.slice(0, mostCards), more: Math.max(0, issues.length - mostCards), dataQuality, ...mesh.nodes.length > 0 && { map: { mesh, layout } } }
}
