/** A moment: UTC until times.js has put it into the viewer's zone; the full stamp in its title. */
export function Time ({ at }: { at: string }) {
  return <time dateTime={at} title={`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>
}

/** How long something has lasted, in its two largest units. */
export function Span ({ ms }: { ms: number }) {
  return <>{spanText(ms)}</>
}

export function spanText (ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const parts = [[Math.floor(minutes / 1440), 'd'], [Math.floor(minutes / 60) % 24, 'h'], [minutes % 60, 'min']] as const
  return parts.filter(([n]) => n > 0).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(' ') || 'less than a minute'
}
