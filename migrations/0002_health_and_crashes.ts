import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table agent_health (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      node text not null,
      source text not null default 'agent',
      cpu_pct double precision,
      mem_mb double precision,
      queue_len integer,
      neighbors_seen integer,
      uptime_seconds double precision,
      restart_count integer,
      threads_responsive boolean,
      health_score double precision,
      reporting_reason text,
      routing_daemon text,
      lat double precision,
      lon double precision,
      grid_square text,
      hardware_model text,
      firmware_version text,
      load1 double precision,
      free_mem_mb double precision,
      details jsonb,
      extra jsonb
    );
    select create_hypertable('agent_health', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false);
    create unique index agent_health_key on agent_health (node, time, source);
    create index agent_health_time on agent_health (time);
    create index agent_health_received on agent_health (received_at);
  `)
  pgm.sql(`
    create table crash_reports (
      time timestamptz not null,
      received_at timestamptz not null default now(),
      sent_at timestamptz,
      clock_suspect boolean not null default false,
      node text not null,
      signal integer,
      signal_name text,
      description text,
      thread_id text,
      last_operation text,
      uptime_at_crash_s double precision,
      memory_at_crash_mb double precision,
      cpu_at_crash_pct double precision,
      crash_count_24h integer,
      restart_count integer,
      active_calls integer,
      backtrace jsonb,
      context jsonb,
      extra jsonb
    );
    select create_hypertable('crash_reports', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false);
    create unique index crash_reports_key on crash_reports (node, time);
    create index crash_reports_time on crash_reports (time);
    create index crash_reports_received on crash_reports (received_at);
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table crash_reports; drop table agent_health')
}
