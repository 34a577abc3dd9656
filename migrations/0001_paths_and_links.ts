import type { MigrationBuilder } from 'node-pg-migrate'

/*
 * Chunk intervals. The chunks being written, indexes included, should fit in a quarter of a Raspberry Pi's memory: 300 paths every 40 s
 * are 0.65 million path rows and some 2 million hop rows a day, 0.2 and 0.7 GB before compression. One day, so 90 days are 90 chunks.
 * Radios send few rows and keep them for years: 30 days, so that ten years are 120 chunks. Events are rarer still.
 *
 * rtt_ms, jitter_ms and loss_pct are most of a compressed row. Of real, a decimal takes 3.4 bytes, as TimescaleDB compresses it by the bits that change.
 * Of a domain it makes a dictionary, and agents round: 1.2 bytes. docs/decisions/path-row-size.md
 *
 * Indexes. Each costs ingest rate, so the unique keys are ordered to serve look-ups as well: the hops of a window by (src, dst, time),
 * a node's health by (node, time), a radio's series by (node, metric, time). `time` serves windows over all subjects,
 * `received_at` what came since the last slot. All ascend: new entries then fill pages, where descending ones split them.
 *
 * known_links has each direction of each link that ever was in hop_quality, by a trigger, so that no row comes without it: to find them
 * among the rows takes a look into every chunk for each. docs/decisions/current-state-of-links.md
 */

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create domain reading as real;
    comment on domain reading is 'a measured value that its sender rounds; a domain, so that it is compressed by a dictionary';
    create table path_probe (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      src text not null,
      dst text not null,
      peer text not null,
      route jsonb not null,
      rtt_ms reading,
      jitter_ms reading,
      loss_pct reading,
      window_s smallint,
      timing_usable boolean not null default true,
      loss_usable boolean not null default true,
      neighbors_seen integer,
      extra jsonb
    );
    select create_hypertable('path_probe', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false);
    create unique index path_probe_key on path_probe (src, peer, time);
    create index path_probe_path on path_probe (src, dst, time);
    create index path_probe_time on path_probe (time);
    create index path_probe_received on path_probe (received_at);
  `)
  pgm.sql(`
    create table hop_quality (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      src text not null,
      dst text not null,
      hop_index integer not null,
      from_node text not null,
      to_node text not null,
      link_type text not null default '',
      interface text,
      lq double precision,
      nlq double precision,
      etx double precision,
      rtt_ms double precision,
      signal_dbm double precision,
      noise_dbm double precision,
      tx_bitrate_mbps double precision,
      rxcost double precision,
      txcost double precision,
      quality double precision,
      routable boolean,
      route_cost boolean not null default false,
      extra jsonb
    );
    comment on column hop_quality.routable is 'some route goes over it; null where the sender does not say';
    comment on column hop_quality.route_cost is 'etx is the cost of the whole route, not of this hop';
    select create_hypertable('hop_quality', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false);
    create unique index hop_quality_key on hop_quality (src, dst, time, hop_index, from_node, to_node, link_type);
    create index hop_quality_link on hop_quality (from_node, to_node, link_type, time);
    create index hop_quality_time on hop_quality (time);
    create index hop_quality_received on hop_quality (received_at);
  `)
  createKnownLinks(pgm)
}

function createKnownLinks (pgm: MigrationBuilder): void {
  // In one order, so that concurrent inserts wait for one another instead of ending in a deadlock.
  pgm.sql(`
    create table known_links (from_node text not null, to_node text not null, link_type text not null, primary key (from_node, to_node, link_type));
    create function hop_quality_know () returns trigger language plpgsql as $$
    begin
      insert into known_links (from_node, to_node, link_type)
      select from_node, to_node, link_type from (select distinct from_node, to_node, link_type from arrived) reported
      where not exists (select from known_links known where (known.from_node, known.to_node, known.link_type) = (reported.from_node, reported.to_node, reported.link_type))
      order by from_node, to_node, link_type
      on conflict do nothing;
      return null;
    end $$;
    create trigger hop_quality_know after insert on hop_quality referencing new table as arrived for each statement execute function hop_quality_know();
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table hop_quality; drop function hop_quality_know; drop table known_links; drop table path_probe; drop domain reading')
}
