import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table phone_test (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      node text not null,
      phone_number text not null,
      display_name text,
      dns_hostname text,
      dns_resolved boolean,
      dns_ip text,
      ping_status text,
      ping_packets_sent integer,
      ping_packets_received integer,
      ping_loss_pct double precision,
      ping_rtt_min_ms double precision,
      ping_rtt_avg_ms double precision,
      ping_rtt_max_ms double precision,
      ping_jitter_ms double precision,
      options_status text,
      options_packets_sent integer,
      options_packets_received integer,
      options_loss_pct double precision,
      options_rtt_min_ms double precision,
      options_rtt_avg_ms double precision,
      options_rtt_max_ms double precision,
      options_jitter_ms double precision,
      extra jsonb
    );
    select create_hypertable('phone_test', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false);
    create unique index phone_test_key on phone_test (node, phone_number, time);
    create index phone_test_time on phone_test (time);
  `)
  pgm.sql(`
    create table radio_metrics (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      node text not null,
      metric text not null,
      value double precision not null
    );
    select create_hypertable('radio_metrics', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false);
    create unique index radio_metrics_key on radio_metrics (node, metric, time);
    create index radio_metrics_received on radio_metrics (received_at);
  `)
  pgm.sql(`
    create table worker_event (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      node text not null,
      event text not null,
      reason text,
      details jsonb,
      extra jsonb
    );
    select create_hypertable('worker_event', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false);
    create unique index worker_event_key on worker_event (node, time, event);
    create index worker_event_received on worker_event (received_at);
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table worker_event; drop table radio_metrics; drop table phone_test')
}
