import formBody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readAssets } from '../../../dashboard/assets.js'
import { collectorHref } from '../../../dashboard/href.js'
import { createLayoutCache } from '../../../topology/layout-cache.js'
import { assetRoutes } from './assets.js'
import { bookmarkRoutes } from './bookmarks.js'
import { detailRoutes } from './details.js'
import { answerWithPages } from './errors.js'
import { issuePageRoutes } from './issues.js'
import { loginRoutes } from './login.js'
import { maintenancePageRoutes } from './maintenance.js'
import { overviewRoutes } from './overview.js'
import { panelRoutes } from './panel.js'
import { placeRoutes } from './places.js'
import { radioPageRoutes } from './radios.js'
import { reportPageRoutes } from './reports.js'
import { tableRoutes } from './tables.js'
import { rejectedPageRoutes } from './rejected.js'
import { rulePageRoutes } from './rules.js'
import { topologyPageRoutes } from './topology.js'
import type { PageSources } from './view.js'

/** A mesh changes its links now and then; as many states of it are kept laid out. */
const keptLayouts = 4

export interface UiOptions extends Omit<PageSources, 'href' | 'layOut'> {
  /** API_TOKEN: forms need it, once. */
  token: string | undefined
  /** FRAME_ANCESTORS. */
  frameAncestors: string[]
}

/** The dashboard. Its routes are no part of the documented API; what they show is. */
export const uiRoutes: FastifyPluginAsyncTypebox<UiOptions> = async (app, { token, frameAncestors, ...options }) => {
  const assets = readAssets()
  const sources: PageSources = { ...options, href: collectorHref(assets.fileOf), layOut: createLayoutCache(keptLayouts) }
  app.addHook('onRoute', (route) => { route.schema = { ...route.schema, hide: true } })
  await app.register(formBody)
  answerWithPages(app, sources)
  await app.register(assetRoutes, { assets })
  await app.register(panelRoutes, { href: sources.href, assets, frameAncestors })
  await app.register(loginRoutes, { ...sources, token })
  for (const routes of [overviewRoutes, issuePageRoutes, maintenancePageRoutes, tableRoutes, detailRoutes, placeRoutes, rejectedPageRoutes, rulePageRoutes, radioPageRoutes, reportPageRoutes, topologyPageRoutes, bookmarkRoutes]) await app.register(routes, sources)
}
