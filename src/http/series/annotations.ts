import type { Annotations } from '../../charts/annotations.js'
import { issuePageTexts as texts } from '../../dashboard/texts/issues.js'
import type { IssueBody } from '../schemas/issues.js'

/** What a chart shows of an issue: its time on every chart, the rule's thresholds on that of what it judged. */
export function annotate ({ started_at: started, ended_at: ended, evidence: { metric, open, clear } }: IssueBody, charted: string): Annotations {
  const limits = metric !== charted ? [] : [{ value: open, label: texts.opensAt }, { value: clear, label: texts.clearsAt }]
  return {
    thresholds: limits.flatMap(({ value, label }) => typeof value === 'number' ? [{ value, label }] : []),
    marked: { fromMs: Date.parse(started), toMs: ended === null ? null : Date.parse(ended), label: texts.fault },
  }
}
