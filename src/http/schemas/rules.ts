import { Type, type Static } from 'typebox'
import { object, oneOf, text, Time, time } from './common.js'
import type { IssueBody } from './issues.js'

export const Setting = Type.Object({
  value: Type.Unsafe<unknown>({ description: 'In force' }),
  default: Type.Unsafe<unknown>({ description: 'Where the rules file says nothing' }),
  description: Type.String(),
}, { $id: 'Setting' })

const Settings = Type.Record(Type.String(), Type.Ref('Setting'), { description: 'By the name that the setting has in the rules file' })

export const Evaluation = Type.Object({
  slot: Time,
  ms: Type.Number({ description: 'How long it took' }),
  rows: Type.Integer({ description: 'Rows that were judged' }),
  matches: Type.Integer({ description: 'Subjects that matched' }),
  error: text,
}, { $id: 'Evaluation', description: 'One evaluation of one rule' })

const rule = {
  name: Type.String(),
  category: oneOf(['network', 'node', 'data_quality', 'radio']),
  scope: oneOf(['path', 'link', 'node', 'collector']),
  enabled: Type.Boolean(),
}

export const Rule = Type.Object({
  ...rule,
  settings: Settings,
  evaluations: Type.Array(Type.Ref('Evaluation'), { description: 'The last 50, newest first' }),
}, { $id: 'Rule' })

export const Rules = Type.Object({
  engine: Type.Object({ settings: Settings }, { description: 'What belongs to no rule alone' }),
  rules: Type.Array(Type.Ref('Rule'), { description: 'In the order in which they are judged' }),
}, { $id: 'Rules' })

export const ReplayRequest = Type.Object({
  from: Time,
  to: { ...Time, description: 'At most 31 days after `from`, and not in the future' },
  step: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600, description: 'Seconds from one evaluation to the next; 10 unless given' })),
  rules: Type.Optional({ ...object, description: 'What to try: sections of the rules file, such as {"jitter_burst": {"open_ms": 20}}; what is not named stays as it is in force' }),
}, { additionalProperties: false })

export const Replayed = Type.Object({
  incidents: Type.Array(Type.Ref('Issue'), { description: 'Newest start first; ended_at as it was known at `to`' }),
  slots: Type.Integer({ description: 'Evaluations made' }),
}, { $id: 'Replayed', description: 'What the rules would have raised' })

export type SettingsBody = Record<string, Static<typeof Setting>>
/** What a rule is and its settings in force. */
export type RuleInfo = { [Key in keyof typeof rule]: Static<typeof rule[Key]> } & { settings: SettingsBody }
export interface RulesInForce { engine: SettingsBody, rules: RuleInfo[] }
export type EvaluationBody = Static<typeof Evaluation>
/** As validated, times in milliseconds since 1970. */
export interface ReplayBody { fromMs: number, toMs: number, stepS: number, rules?: Record<string, unknown> }
export interface ReplayedBody { incidents: IssueBody[], slots: number }

/** What `/healthz` says of the engine. */
export const EngineStatus = Type.Object({
  last_slot: { ...time, description: 'The newest slot that this process judged' },
  last_evaluation: { ...time, description: 'When this process last tried to; another collector may have the slot' },
  error: { ...text, description: 'Why the last slot was not judged; what fails in a single rule stands at /rules' },
})
export type EngineStatusBody = Static<typeof EngineStatus>

export const ruleSchemas = [Setting, Evaluation, Rule, Rules, Replayed]
