import type { IssueReferenceBody } from '../../http/schemas/issues.js'
import type { View } from '../page.js'
import { tableTexts as texts } from '../texts/tables.js'
import { SeverityBadge } from './issue-card.js'

const none = '—'

/** A measured value with its unit; a dash where nothing was measured. */
export function figure (value: number | null | undefined, digits: number, unit = ''): string {
  return value === null || value === undefined ? none : `${value.toFixed(digits)}${unit === '' ? '' : unit === '%' ? '%' : ` ${unit}`}`
}

/** The value of either end, dashes for an end that says nothing. */
export function bothWays (a: number | null | undefined, b: number | null | undefined, digits: number): string {
  return (a ?? b ?? null) === null ? none : `${figure(a, digits)} / ${figure(b, digits)}`
}

/** Open issues of what a row is about, the worst first. */
export function IssueRefs ({ issues, view }: { issues: readonly IssueReferenceBody[], view: View }) {
  const [worst, ...others] = [...issues].sort((x, y) => weightOf(y) - weightOf(x))
  if (worst === undefined) return null
  return <><SeverityBadge severity={worst.severity} /> <a href={view.href({ to: 'issue', id: worst.id })}>{worst.kind.replaceAll('_', ' ')}</a>{others.length > 0 && ` ${texts.moreIssues(others.length)}`}</>
}

const weights = { minor: 1, major: 2, critical: 3 } as const

function weightOf ({ severity }: IssueReferenceBody): number {
  return weights[severity]
}

/** What rows are sorted by whose column tells of issues; null without one. */
export function worstOf (issues: readonly IssueReferenceBody[]): number | null {
  return issues.length === 0 ? null : Math.max(...issues.map(weightOf)) * 1000 + issues.length
}
