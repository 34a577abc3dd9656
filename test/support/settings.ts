import type { RetentionSettings } from '../../src/database/retention.js'

/** What config.md gives where nothing is set. */
export const defaultRetention: RetentionSettings = {
  RETENTION_RAW: '90 days',
  RETENTION_HOURLY: '365 days',
  RETENTION_DAILY: 'forever',
  RETENTION_CRASHES: '365 days',
  RETENTION_RADIO: 'forever',
  COMPRESS_AFTER: '7 days',
}
