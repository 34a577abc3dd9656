import type { Edition } from '../../src/database/edition.js'

/** What the tests' databases are. */
export interface Choice {
  edition: Edition
  /** The server of the Community edition; undefined: the embedded database. */
  communityUrl: string | undefined
}

/** By TEST_EDITION: `embedded` (so without it), `community` on the server of TEST_DATABASE_URL, or `apache` on that of scripts/native-server. */
export function choice (): Choice {
  const server = process.env['TEST_DATABASE_URL'] || undefined
  const name = process.env['TEST_EDITION'] || 'embedded'
  switch (name) {
    case 'embedded': return { edition: 'community', communityUrl: undefined }
    case 'apache': return { edition: 'apache', communityUrl: server }
    case 'community':
      if (server === undefined) throw new Error('TEST_EDITION=community needs TEST_DATABASE_URL, the URL of a TimescaleDB server of the Community edition.')
      return { edition: 'community', communityUrl: server }
    default: throw new Error(`TEST_EDITION=${name}: give embedded, community or apache.`)
  }
}
