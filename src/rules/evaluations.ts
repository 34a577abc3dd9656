import type { ClientBase } from 'pg'
import { isoOf } from './sql.js'

/** One rule at one slot: how long it took, what it saw, and why it failed where it did. */
export interface Evaluation { rule: string, ms: number, rows: number, matches: number, error: string | null }

const insertEvaluations = `
insert into rule_evaluation (rule, slot, ms, rows, matches, error)
select rule, $2, ms, rows, matches, error from jsonb_to_recordset($1::jsonb) as e (rule text, ms real, rows integer, matches integer, error text)
on conflict (rule, slot) do update set ms = excluded.ms, rows = excluded.rows, matches = excluded.matches, error = excluded.error`

const keptEvaluations = 50

const pruneEvaluations = `
delete from rule_evaluation where slot <= (select slot from (select distinct slot from rule_evaluation) slots order by slot desc offset ${keptEvaluations} limit 1)`

/** Keeps the last 50 slots. */
export async function saveEvaluations (client: ClientBase, slotMs: number, evaluations: Evaluation[]): Promise<void> {
  await client.query(insertEvaluations, [JSON.stringify(evaluations), isoOf(slotMs)])
  await client.query(pruneEvaluations)
}
