const steps = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second']] as const

/** A duration as people say it: `45 minutes`, `2.5 hours`. */
export function durationText (ms: number): string {
  const [unitMs, unit] = steps.find(([unitMs]) => ms >= 1.5 * unitMs) ?? [1000, 'second'] as const
  const value = ms / unitMs
  const shown = value < 10 ? Math.round(value * 10) / 10 : Math.round(value)
  return `${shown} ${unit}${shown === 1 ? '' : 's'}`
}
