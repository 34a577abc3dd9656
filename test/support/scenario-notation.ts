/** One step of a series: a number, a word, null (sent, but not measured) or undefined (nothing was sent). */
export type Value = number | string | null | undefined

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90s`, `5m`, `1h30m`, `7d`, `1:30:00` (h:mm:ss), or minutes where there is no unit; all may be negative. */
export function parseSpan (text: string | number): number {
  const [, sign, span = ''] = /^(-?)(.+)$/.exec(String(text)) ?? []
  const clock = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(span)
  const parts = [...span.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)]
  const isNumber = /^\d+(\.\d+)?$/.test(span)
  if (clock === null && !isNumber && (parts.length === 0 || parts.map(([part]) => part).join('') !== span)) throw new Error(`no time: ${text} (write 90s, 5m, 1h30m, 1:30:00 or minutes)`)
  const ms = clock !== null
    ? (Number(clock[1]) * 60 + Number(clock[2])) * 60_000 + Number(clock[3]) * 1000
    : isNumber ? Number(span) * 60_000 : parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit ?? '']!, 0)
  return sign === '-' ? -ms : ms
}

/** The steps of `40x5 10 _ _ 12 ~`: value x repeats, `_` nothing was sent, `~` sent without a value. */
export function parseSeries (text: string | number): Value[] {
  return String(text).trim().split(/\s+/).flatMap((token) => {
    const [, value = '', repeats = '1'] = /^(.+?)(?:x(\d+))?$/.exec(token) ?? []
    return new Array<Value>(Number(repeats)).fill(valueOf(value))
  })
}

function valueOf (token: string): Value {
  if (token === '_') return undefined
  if (token === '~') return null
  const number = Number(token)
  return Number.isNaN(number) ? token : number
}

/** `h:mm:ss` from the start of a scenario. */
export function formatSpan (ms: number): string {
  const s = Math.round(Math.abs(ms) / 1000)
  const [h, m, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60]
  return `${ms < 0 ? '-' : ''}${h}:${String(m).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
}
