import { Type, type Static } from 'typebox'
import type { Period } from '../../reports/calendar.js'
import { oneOf } from './common.js'

export const Year = Type.String({ pattern: '^20[0-9]{2}$', description: 'Such as 2026' })
const months = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'] as const
export const MonthOfYear = oneOf(months)

const YearEntry = Type.Object({ year: Type.Integer(), months: Type.Array(Type.Integer({ minimum: 1, maximum: 12 }), { description: 'In order' }) })

export const ReportIndex = Type.Object({
  time_zone: Type.String({ description: 'Whose days and months all reports have: TZ' }),
  mesh: Type.Array(YearEntry, { description: 'Newest first' }),
  radios: Type.Array(Type.Object({ node: Type.String(), name: Type.String(), role: oneOf(['companion', 'repeater']), years: Type.Array(YearEntry) })),
})
export type ReportIndexBody = Static<typeof ReportIndex>

/** The period that checked parameters name. */
export function periodOf ({ year, month }: { year: string, month?: string }): Period {
  return { year: Number(year), ...(month !== undefined && { month: Number(month) }) }
}
