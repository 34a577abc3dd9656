/** How long something lasts, in its two largest units: `2 h 5 min`. */
export function describeSpan (ms: number): string {
  const minutes = Math.round(ms / 60_000)
  const parts = [[Math.floor(minutes / 1440), 'd'], [Math.floor(minutes / 60) % 24, 'h'], [minutes % 60, 'min']] as const
  return parts.filter(([n]) => n > 0).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(' ') || 'less than a minute'
}
