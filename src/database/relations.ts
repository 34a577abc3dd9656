/** Which retention setting a relation follows. */
export type RetentionClass = 'raw' | 'hourly' | 'daily' | 'crashes' | 'radio'

/** A hypertable that the writer fills. */
export interface Measurements {
  name: string
  keep: RetentionClass
  isCompressed: boolean
}

/**
 * A table of statistics per bucket: a continuous aggregate; on the Apache edition a view over NAME_stored. Made by migrations 0009
 * to 0011, which hold the same facts as they were then.
 */
export interface Rollup {
  name: string
  source: string
  /** Which retention its raw rows follow. */
  sourceKeep: RetentionClass
  keep: RetentionClass
  /** Width of a bucket, as PostgreSQL writes an interval. */
  width: '1 hour' | '1 day'
  refreshEvery: string
}

export const measurements: Measurements[] = [
  { name: 'path_probe', keep: 'raw', isCompressed: true },
  { name: 'hop_quality', keep: 'raw', isCompressed: true },
  { name: 'agent_health', keep: 'raw', isCompressed: true },
  { name: 'phone_test', keep: 'raw', isCompressed: true },
  { name: 'worker_event', keep: 'raw', isCompressed: false },
  { name: 'crash_reports', keep: 'crashes', isCompressed: false },
  { name: 'radio_metrics', keep: 'radio', isCompressed: true },
]

export const rollups: Rollup[] = [
  { source: 'path_probe', sourceKeep: 'raw' } as const,
  { source: 'hop_quality', sourceKeep: 'raw' } as const,
  { source: 'agent_health', sourceKeep: 'raw' } as const,
  { source: 'radio_metrics', sourceKeep: 'radio' } as const,
].flatMap(({ source, sourceKeep }): Rollup[] => [
  { name: `${source}_hourly`, source, sourceKeep, keep: 'hourly', width: '1 hour', refreshEvery: '30 minutes' },
  { name: `${source}_daily`, source, sourceKeep, keep: 'daily', width: '1 day', refreshEvery: '3 hours' },
])
