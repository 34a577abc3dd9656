import { join } from 'node:path'
import pg from 'pg'
import { stringify } from 'yaml'
import { packageRoot } from '../../src/paths.js'
import { buildTestApp } from './api.js'

export const documentFile = join(packageRoot, 'openapi', 'meshmon.yaml')

/** The document as the routes make it, without a database; the text is what openapi/meshmon.yaml holds. */
export async function makeDocument () {
  const pool = new pg.Pool()
  const app = await buildTestApp(pool)
  const document: { info: { license?: object }, paths: object } = (await app.inject('/openapi.json')).json()
  const routes = app.printRoutes({ commonPrefix: false })
  await app.close()
  await pool.end()
  return { document, routes, text: stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }) }
}
