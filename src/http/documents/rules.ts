import type { Pool } from 'pg'
import { drawSparkline } from '../../charts/sparkline.js'
import type { PreviewDocument } from '../../dashboard/pages/preview.js'
import type { RulesDocument } from '../../dashboard/pages/rules.js'
import { rulesTexts as texts } from '../../dashboard/texts/rules.js'
import { listEvaluations } from '../queries/evaluations.js'
import { Refused } from '../refused.js'
import type { EvaluationBody, ReplayBody, ReplayedBody, RuleInfo, RulesInForce } from '../schemas/rules.js'

/** Between two evaluations of a preview: minutes show where thresholds lie, and it takes a sixth of the time. */
const stepS = 60
const defaultGapMs = 10_000
const metric = { metric: 'ms', label: 'Evaluation', unit: 'ms', digits: 1, group: 'Rules' }

export async function readRules (db: Pool, { engine, rules }: RulesInForce): Promise<RulesDocument> {
  const evaluations = await listEvaluations(db, rules.map(({ name }) => name))
  return {
    engine,
    rules: rules.map((rule) => {
      const own = evaluations.get(rule.name) ?? []
      return { ...rule, last: own[0] ?? null, failures: own.filter(({ error }) => error !== null).length, spark: drawTimes(rule.name, own) }
    }),
  }
}

function drawTimes (subject: string, evaluations: EvaluationBody[]): string {
  const points = evaluations.map(({ slot, ms }) => ({ timeMs: Date.parse(slot), mean: ms, min: ms, max: ms })).reverse()
  const [first, last] = [points[0]?.timeMs ?? 0, points.at(-1)?.timeMs ?? 1]
  const stepMs = points.length > 1 ? (last - first) / (points.length - 1) : defaultGapMs
  return drawSparkline({ metric, subject, points, stepS: stepMs / 1000, fromMs: first, toMs: Math.max(last, first + 1) })
}

export interface PreviewRequest { rule: RuleInfo, tried: PreviewDocument['tried'], requests: ReplayBody[] }

/** The two replays of a preview: with what is in force, and with the numbers of a form that differ from it. */
export function planPreview (rule: RuleInfo, fields: Record<string, string>, { hours, nowMs }: { hours: number, nowMs: number }): PreviewRequest {
  const changed = Object.entries(rule.settings).flatMap(([key, { value }]) => {
    const field = fields[key]
    if (typeof value !== 'number' || field === undefined || field.trim() === '') return []
    const number = Number(field)
    if (!Number.isFinite(number)) throw new Refused(400, texts.noNumber(key))
    return number === value ? [] : [{ key, value, number }]
  })
  if (changed.length === 0) throw new Refused(400, texts.noChange)
  const span = { fromMs: nowMs - hours * 3_600_000, toMs: nowMs, stepS }
  const rules = { [rule.name]: Object.fromEntries(changed.map(({ key, number }) => [key, number])) }
  return { rule, tried: changed.map(({ key, value, number }) => ({ key, from: String(value), to: String(number) })), requests: [span, { ...span, rules }] }
}

/** Issues of the rule that either replay found: those of one alone before those of both, newest first; an issue has the same id in both. */
export function comparePreview ({ rule, tried, requests: [request] }: PreviewRequest, [inForce, asTried]: ReplayedBody[]): PreviewDocument {
  const own = (replayed: ReplayedBody | undefined) => (replayed?.incidents ?? []).filter(({ kind }) => kind === rule.name)
  const [now, then] = [own(inForce), own(asTried)]
  const [nowIds, thenIds] = [new Set(now.map(({ id }) => id)), new Set(then.map(({ id }) => id))]
  const found = [
    ...then.map((issue) => ({ issue, change: nowIds.has(issue.id) ? 'same' as const : 'added' as const })),
    ...now.filter(({ id }) => !thenIds.has(id)).map((issue) => ({ issue, change: 'gone' as const })),
  ].sort((x, y) => Number(x.change === 'same') - Number(y.change === 'same') || y.issue.started_at.localeCompare(x.issue.started_at))
  return { rule: rule.name, from: new Date(request?.fromMs ?? 0).toISOString(), tried, found }
}
