import type { Pool } from 'pg'
import type { EvaluationBody } from '../schemas/rules.js'
import { select } from './select.js'

const shown = 50

const selectEvaluations = `
select wanted.rule, slot, ms, rows, matches, error
from unnest($1::text[]) as wanted (rule)
cross join lateral (select * from rule_evaluation e where e.rule = wanted.rule order by slot desc limit ${shown}) last
order by slot desc`

/** The last 50 evaluations of each rule, newest first. */
export async function listEvaluations (db: Pool, rules: string[]): Promise<Map<string, EvaluationBody[]>> {
  const rows = await select<EvaluationBody & { rule: string }>(db, selectEvaluations, [rules])
  const byRule = new Map<string, EvaluationBody[]>(rules.map((rule) => [rule, []]))
  for (const { rule, ...evaluation } of rows) byRule.get(rule)?.push(evaluation)
  return byRule
}
