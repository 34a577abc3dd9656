import type { ClientBase } from 'pg'
import { allHeard, heardName, usualGapS, type GapSettings } from './heard.js'
import type { ActiveRule } from './judge-slot.js'
import { crosses, markMs } from './marks.js'
import type { Lookup } from './rule.js'
import type { Claim } from './slots.js'

const updateNodes = `
update nodes set usual_gap_s = known.gap_s
from unnest($1::text[], $2::float8[]) as known (name, gap_s)
where nodes.name = known.name and nodes.kind = 'router' and nodes.usual_gap_s is distinct from known.gap_s`

/** Brings the usual gap of every node into the list of nodes, once a minute: GET /nodes tells by it who is silent. */
export async function saveUsualGaps (client: ClientBase, { priorAtMs, atMs }: Claim, { rules, states }: { rules: ActiveRule[], states: Lookup }): Promise<void> {
  const settings = rules.find(({ rule }) => rule.name === heardName)?.settings
  if (!crosses(priorAtMs, atMs, markMs) || !hasGaps(settings)) return
  const known = [...allHeard(states)].map(({ node, known }) => ({ node, gapS: usualGapS(known, settings) })).filter(({ gapS }) => gapS !== null)
  if (known.length > 0) await client.query(updateNodes, [known.map(({ node }) => node), known.map(({ gapS }) => gapS)])
}

function hasGaps (settings: Record<PropertyKey, unknown> | undefined): settings is GapSettings {
  return settings !== undefined && [settings.gaps, settings.min_gaps, settings.gaps_span_s].every((value) => typeof value === 'number')
}
