import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table nodes (
      id bigint generated always as identity primary key,
      name text not null,
      kind text not null check (kind in ('router', 'companion', 'repeater')),
      public_key text,
      address text,
      first_seen timestamptz not null,
      last_seen timestamptz not null,
      last_time timestamptz,
      last_push timestamptz,
      usual_gap_s double precision,
      version text,
      model text,
      lat double precision,
      lon double precision,
      elevation_m double precision,
      battery jsonb,
      site text,
      pinned boolean not null default false,
      retired_at timestamptz,
      info jsonb
    ) with (fillfactor = 70);
    create unique index nodes_key on nodes (lower(name), kind);
    comment on column nodes.last_seen is 'receipt of the newest message';
    comment on column nodes.last_time is 'time of the newest message, by the node''s own clock';
    comment on column nodes.last_push is 'receipt of the newest sysinfo that the node posted itself: no worker need read it';

    create table names (
      folded text primary key,
      name text not null
    );
    comment on table names is 'the first-seen spelling of every host name, by the name in lower case';

    create table node_addresses (
      address text not null,
      node text not null,
      seen_at timestamptz not null,
      primary key (address, node)
    ) with (fillfactor = 70);
    comment on table node_addresses is 'who last sent from an address or reported it as its own';
  `)
  pgm.sql(`
    create table rejected_messages (
      id bigint generated always as identity primary key,
      received_at timestamptz not null default now(),
      address text,
      reason text not null,
      errors jsonb,
      body bytea not null
    );
    create index rejected_messages_received on rejected_messages (received_at);
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table rejected_messages, node_addresses, names, nodes')
}
