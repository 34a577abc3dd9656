import type { Json } from '../tables.js'

type Given = Json | undefined

const numeric = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$/

/** A number, also one written as text (firmware 3.x writes `"20"`); null where it is absent, no number or out of range. */
export function numberOf (value: Given, { min = -1e15, max = 1e15 } = {}): number | null {
  const number = typeof value === 'string' && numeric.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= min && number <= max ? number : null
}

/** Null where it is absent or says neither. */
export function truthOf (value: Given): boolean | null {
  if (value === true || value === 1 || value === '1' || value === 'true') return true
  return value === false || value === 0 || value === '0' || value === 'false' ? false : null
}

/**
 * Seconds of an uptime as the firmware writes it: `"0 days, 3:07"`, `"1 day, 3:07"` (h:mm within the day), in 3.x `"12 days, 23:59:58"` and,
 * of a node without a clock, `"00:00:00"`. Null for any other text.
 */
export function uptimeOf (value: Given): number | null {
  if (typeof value === 'number') return value >= 0 ? value : null
  const [, days = '0', hours, minutes, seconds = '0'] = (typeof value === 'string' && /^\s*(?:(\d{1,6}) days?, *)?(\d{1,6}):(\d\d)(?::(\d\d))?\s*$/.exec(value)) || []
  return hours === undefined || minutes === undefined ? null : ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)
}

const interfacePrefix = /^(dtdlink|mid\d+|xlink\d+|lan|supernode)\./i
const domain = /\.local\.mesh\.?$/i

/** The node behind a host name of one of its interfaces (`dtdlink.`, `mid1.`, `xlink3.`, `lan.`, `supernode.`), without the mesh's domain. */
export function nodeName (hostname: string): string {
  const name = hostname.trim().replace(domain, '')
  const bare = name.replace(interfacePrefix, '')
  return bare === name ? name : nodeName(bare)
}
