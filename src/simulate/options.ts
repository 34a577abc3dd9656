import { InvalidArgumentError } from 'commander'
import { FaultError, parseDuration } from './faults.js'

export function collect (value: string, before: string[]): string[] {
  return [...before, value]
}

export function parseUrl (text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('not an http or https address.')
  return url
}

export function wholeNumber (least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`not a whole number from ${least} to ${most}.`)
    return value
  }
}

export function parseShare (text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('not a number from 0 to 1.')
  return value
}

export function parseSpeed (text: string): number {
  const value = Number(text)
  if (!(value >= 1 && value <= 1000)) throw new InvalidArgumentError('not a number from 1 to 1000.')
  return value
}

export function readDuration (text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof FaultError ? error.message : String(error))
  }
}

export function parseTime (text: string): number {
  const at = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(at)) throw new InvalidArgumentError('not a time like 2026-11-01T00:00:00Z.')
  return Math.floor(at / 1000) * 1000
}
