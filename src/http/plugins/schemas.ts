import plugin from 'fastify-plugin'
import { crashSchemas } from '../schemas/crashes.js'
import { MeshHealth } from '../schemas/health.js'
import { IngestAnswer } from '../schemas/ingest.js'
import { issueSchemas } from '../schemas/issues.js'
import { Maintenance } from '../schemas/maintenance.js'
import { nodeSchemas } from '../schemas/nodes.js'
import { Notification } from '../schemas/notifications.js'
import { pathSchemas } from '../schemas/paths.js'
import { radioSchemas } from '../schemas/radios.js'
import { Rejected } from '../schemas/rejected.js'
import { ruleSchemas } from '../schemas/rules.js'
import { seriesSchemas } from '../schemas/series.js'
import { topologySchemas } from '../schemas/topology.js'

/** The shapes that answers share, by name: the document's components. */
export const schemas = plugin(async (app) => {
  const all = [IngestAnswer, ...issueSchemas, Maintenance, MeshHealth, Notification, ...ruleSchemas, ...pathSchemas, ...crashSchemas, ...nodeSchemas, ...radioSchemas, ...seriesSchemas, ...topologySchemas, Rejected]
  for (const schema of all) app.addSchema(schema)
})
