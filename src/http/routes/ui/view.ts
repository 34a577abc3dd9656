import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { UnitSystem } from '../../../charts/units.js'
import type { Href } from '../../../dashboard/href.js'
import type { View } from '../../../dashboard/page.js'
import { noticeTexts } from '../../../dashboard/texts/notices.js'
import type { Site } from '../../../places/sites.js'
import type { LayOut } from '../../../topology/layout-cache.js'
import type { Outline } from '../../../topology/outline.js'
import { findMeshHealth } from '../../queries/health.js'
import type { ListAllLinks } from '../../queries/links.js'
import type { ReportSources } from '../../reports/sources.js'
import type { Replays } from '../../replays.js'
import type { RulesInForce } from '../../schemas/rules.js'
import type { ChartSources } from '../../series/sources.js'

/** What the routes of all pages need. */
export interface PageSources {
  db: Pool
  now: () => number
  unknownAfterS: () => number
  href: Href
  charts: ChartSources
  reports: ReportSources
  /** Places that the operator named. */
  sites: readonly Site[]
  rules: () => RulesInForce
  replays: Replays
  /** IANA name of the collector's own zone: that of charts' axes. */
  timeZone: string
  units: UnitSystem
  layOut: LayOut
  listAllLinks: ListAllLinks
  /** Of MAP_GEOJSON; empty without. */
  outline: Outline
}

/** Parameter of every page that a form leads to. */
export const Notice = Type.Optional(Type.String({ maxLength: 32 }))

/**
 * A mesh has no internet: nothing is loaded from elsewhere. Nothing inline either, neither script nor style, so that a name that
 * slipped through as markup could not do anything.
 */
export const pageHeaders = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  'cache-control': 'no-cache',
}

/** What a page is drawn with, now. */
export async function readView ({ db, now, unknownAfterS, href }: PageSources, request: FastifyRequest): Promise<View> {
  const { notice } = request.query as { notice?: unknown }
  const text = typeof notice === 'string' && notice in noticeTexts ? noticeTexts[notice as keyof typeof noticeTexts] : undefined
  return { href, nowMs: now(), health: await findMeshHealth(db, unknownAfterS(), now()), isLive: true, ...(text !== undefined && { notice: text }) }
}

export function sendPage (reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').headers(pageHeaders).send(html)
}

/** After a form: back to a page, with a line that says what became of it. */
export function sendBack (reply: FastifyReply, address: string, notice?: keyof typeof noticeTexts): FastifyReply {
  const separator = address.includes('?') ? '&' : '?'
  return reply.redirect(notice === undefined ? address : `${address}${separator}notice=${notice}`, 303)
}
