import { group } from 'd3-array'
import type { IssueTree } from '../../dashboard/parts/issue-card.js'
import type { IssueBody } from '../schemas/issues.js'

const weights = { critical: 0, major: 1, minor: 2 } as const

/** Puts each issue under the open one that causes it. Worst first; those that somebody has seen, or whose data is gone, after the others. */
export function foldIssues (issues: IssueBody[]): IssueTree[] {
  const ids = new Set(issues.map(({ id }) => id))
  const caused = (issue: IssueBody) => issue.caused_by !== null && ids.has(issue.caused_by)
  const byCause = group(issues.filter(caused), ({ caused_by: cause }) => cause)
  return issues.filter((issue) => !caused(issue))
    .map((issue) => ({ issue, consequences: byCause.get(issue.id) ?? [] }))
    .sort((x, y) => rank(x) - rank(y) || y.consequences.length - x.consequences.length || x.issue.started_at.localeCompare(y.issue.started_at))
}

function rank ({ issue }: IssueTree): number {
  const isAside = issue.acknowledged || issue.in_maintenance || issue.stale
  return weights[issue.severity] + (isAside ? 10 : 0)
}
