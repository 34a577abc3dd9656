import type { Pool } from 'pg'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { PhoneBody } from '../schemas/radios.js'
import { before } from '../time.js'
import { select } from './select.js'

/** Agents test every phone once in minutes to hours; one not tested for this long is no longer watched. */
const lookBackS = 7 * 86_400

interface Pair { node: string, phone_number: string }

type Result = PhoneBody['ping']
type PhoneRow = Omit<PhoneBody, 'ping' | 'options'> & { [K in keyof Result as `ping_${K}`]: Result[K] } & { [K in keyof Result as `options_${K}`]: Result[K] }

const selectPairs = `
with recursive pair (node, phone_number, n) as (
  (select node, phone_number, 1 from phone_test
   where time > $1 and ($2::text is null or (node, phone_number) > ($2, $3::text)) order by node, phone_number limit 1)
  union all
  select next.node, next.phone_number, n + 1 from pair
  cross join lateral (
    select p.node, p.phone_number from phone_test p
    where p.time > $1 and (p.node, p.phone_number) > (pair.node, pair.phone_number) order by p.node, p.phone_number limit 1
  ) next
  where n < $4
)
select node, phone_number from pair order by node, phone_number`

const selectTests = `
select last.* from unnest($1::text[], $2::text[]) with ordinality as pair (node, phone_number, n)
cross join lateral (
  select * from phone_test p where p.node = pair.node and p.phone_number = pair.phone_number and time > $3 order by time desc limit 1
) last
order by pair.n`

/** Phones tested in the last 7 days, by node and number: an order by time would change while somebody pages through it. */
export async function listPhones (db: Pool, { limit, cursor }: { limit: number, cursor?: string }, nowMs: number): Promise<Page<PhoneBody>> {
  const after = decodeCursor(cursor, ['text', 'text'])
  const since = before(nowMs, lookBackS)
  const pairs = await select<Pair>(db, selectPairs, [since, ...after, limit + 1])
  const { rows, next } = makePage(pairs, limit, (pair) => [pair.node, pair.phone_number])
  const tests = await select<PhoneRow>(db, selectTests, [rows.map(({ node }) => node), rows.map((row) => row.phone_number), since])
  return { rows: tests.map(toPhone), next }
}

export function toPhone (row: PhoneRow): PhoneBody {
  return {
    node: row.node,
    phone_number: row.phone_number,
    display_name: row.display_name,
    dns_hostname: row.dns_hostname,
    dns_resolved: row.dns_resolved,
    dns_ip: row.dns_ip,
    time: row.time,
    ping: {
      status: row.ping_status,
      packets_sent: row.ping_packets_sent,
      packets_received: row.ping_packets_received,
      loss_pct: row.ping_loss_pct,
      rtt_min_ms: row.ping_rtt_min_ms,
      rtt_avg_ms: row.ping_rtt_avg_ms,
      rtt_max_ms: row.ping_rtt_max_ms,
      jitter_ms: row.ping_jitter_ms,
    },
    options: {
      status: row.options_status,
      packets_sent: row.options_packets_sent,
      packets_received: row.options_packets_received,
      loss_pct: row.options_loss_pct,
      rtt_min_ms: row.options_rtt_min_ms,
      rtt_avg_ms: row.options_rtt_avg_ms,
      rtt_max_ms: row.options_rtt_max_ms,
      jitter_ms: row.options_jitter_ms,
    },
  }
}
