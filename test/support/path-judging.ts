import type { PathMemory, SeenRow } from '../../src/rules/path-rows.js'
import type { Answer, Evidence, Judgement, Judging, Rule } from '../../src/rules/rule.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { States } from '../../src/rules/states.js'
import { parseSeries, parseSpan } from './scenario-notation.js'

type PathRule = Pick<Rule<never, SeenRow, PathMemory>, 'name'> & { judge (judging: Judging<SeenRow, PathMemory, never>): Judgement<PathMemory> }

export interface SeriesOptions {
  step?: string
  /** Overrides of the rule's settings. */
  settings?: Record<string, unknown>
  isStatus?: boolean
  route?: string[] | null
  afterMs?: number
  memory?: PathMemory | null
  /** Rows before the first, oldest first. */
  before?: string
}

export const startMs = Date.parse('2026-03-02T00:00:00Z')

/** Rows of a series in the notation of the scenarios, the first at `startMs`; steps without a value are left out. */
export function rowsOf (series: string, { step = '40s', isStatus = false, route = ['a', 'b', 'c'], before }: SeriesOptions = {}): SeenRow[] {
  const stepMs = parseSpan(step)
  const rows = (text: string, firstMs: number) => parseSeries(text).flatMap((value, i) => typeof value === 'number' ? [{ timeMs: firstMs + i * stepMs, value, isStatus }] : [])
  const earlier = before === undefined ? [] : rows(before, startMs - parseSeries(before).length * stepMs)
  return rows(series, startMs).map((row, i) => ({ ...row, route, before: i === 0 ? earlier : [], beforeRoute: null }))
}

/** Judges the rows one slot each, as they come live, and returns the answer to each. */
export function judgeRows (rule: PathRule, rows: SeenRow[], options: SeriesOptions = {}): { answers: Answer[], memory: PathMemory | null } {
  const settings = { ...defaultSettings().rules[rule.name], ...options.settings } as never
  let memory = options.memory ?? null
  const answers: Answer[] = []
  for (const row of rows) {
    const judgement = rule.judge({
      seen: [row], subject: 'a>c', scope: { type: 'path', src: 'a', dst: 'c' }, memory, phase: 'clear', incident: null, afterMs: options.afterMs ?? null, settings,
      moment: { atMs: row.timeMs, judgedMs: 0, listeningMs: 0 }, lookup: new States(),
    })
    answers.push(...judgement.answers)
    memory = judgement.memory
  }
  return { answers, memory }
}

/** `minor@0` (match: severity, seconds from the start to its own), `clear`, `hold` or `run`, one for each row. */
export function judgeSeries (rule: PathRule, series: string, options: SeriesOptions = {}): string {
  return judgeRows(rule, rowsOf(series, options), options).answers.map(wordOf).join(' ')
}

function wordOf (answer: Answer): string {
  switch (answer.is) {
    case 'match': return `${answer.finding.severity}@${(answer.startedMs - startMs) / 1000}`
    case 'clear': return 'clear'
    case 'hold': return answer.run ? 'run' : 'hold'
  }
}

export function findingOf (answers: Answer[]): { cause: string, nextSteps: string[], evidence: Evidence } {
  const match = answers.findLast(({ is }) => is === 'match')
  if (match?.is !== 'match') throw new Error('nothing matched')
  return match.finding
}
