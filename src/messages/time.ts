import type { Micros } from './tables.js'

const ZERO = 48
const yearsShift = 400
const msPer400Years = 146_097 * 86_400_000

/** The number written by `count` digits at `at`; NaN where there are others than digits. */
function digits (text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (!(digit >= 0 && digit <= 9)) return NaN
    value = value * 10 + digit
  }
  return value
}

function daysInMonth (year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Minutes of the offset that ends the text from `at` on (`Z`, `+01:00`); NaN where it is missing or no offset. */
function offsetMinutes (text: string, at: number): number {
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : NaN
  if ((sign !== '+' && sign !== '-') || text[at + 3] !== ':' || text.length !== at + 6) return NaN
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (!(hours <= 23 && minutes <= 59)) return NaN
  return (sign === '+' ? 1 : -1) * (hours * 60 + minutes)
}

/** Microseconds of the fraction that starts with its point at `at`, and where it ends. Digits beyond the sixth are cut off. */
function fraction (text: string, at: number): { micros: number, end: number } {
  let micros = 0
  let weight = 100_000
  let end = at + 1
  for (let digit = digits(text, end, 1); !Number.isNaN(digit); digit = digits(text, ++end, 1)) {
    micros += digit * weight
    weight = Math.trunc(weight / 10)
  }
  return { micros: end === at + 1 ? NaN : micros, end }
}

/**
 * RFC 3339 text to microseconds; NaN where it is none, offset included: a local time says nothing here.
 * A leap second (23:59:60 UTC) is the second after it, as in PostgreSQL. Exact for the years 1684 to 2255 (safe integers).
 */
export function parseTime (text: string): Micros {
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  const separators = text[4] === '-' && text[7] === '-' && (text[10] === 'T' || text[10] === 't') && text[13] === ':' && text[16] === ':'
  if (!separators || !(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return NaN
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return NaN
  const { micros, end } = text[19] === '.' ? fraction(text, 19) : { micros: 0, end: 19 }
  const offset = offsetMinutes(text, end)
  if (second === 60 && (hour * 60 + minute - offset + 1440) % 1440 !== 1439) return NaN
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; the calendar repeats every 400 years.
  const ms = Date.UTC(year + yearsShift, month - 1, day, hour, minute - offset, second) - msPer400Years
  return ms * 1000 + micros
}
