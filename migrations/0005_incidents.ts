import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table incidents (
      id text primary key,
      kind text not null,
      category text not null check (category in ('network', 'node', 'data_quality', 'radio')),
      subject text not null,
      scope jsonb not null,
      state text not null check (state in ('open', 'closing', 'closed')),
      severity text not null check (severity in ('minor', 'major', 'critical')),
      impact jsonb not null,
      cause text,
      next_steps text[],
      evidence jsonb,
      started_at timestamptz not null,
      opened_at timestamptz not null,
      ended_at timestamptz,
      resolution text check (resolution in ('recovered', 'no_data', 'manual', 'retired')),
      caused_by text,
      ack jsonb,
      stale boolean not null default false,
      in_maintenance boolean not null default false,
      updated_at timestamptz not null default now(),
      check ((state = 'closed') = (ended_at is not null and resolution is not null))
    );
    create unique index incidents_one_not_closed on incidents (kind, subject) where state <> 'closed';
    create index incidents_started on incidents (started_at desc, id desc);
    create index incidents_scope on incidents using gin (scope jsonb_path_ops) with (fastupdate = off);
    create index incidents_subject on incidents (subject, started_at desc);
    create index incidents_caused_by on incidents (caused_by) where caused_by is not null;

    create table incident_journal (
      id bigint generated always as identity primary key,
      incident_id text,
      rule text not null,
      subject text not null,
      at timestamptz not null,
      from_state text not null,
      to_state text not null,
      evidence jsonb
    );
    create index incident_journal_incident on incident_journal (incident_id, at, id) where incident_id is not null;
    create index incident_journal_subject on incident_journal (rule, subject, at);
    create index incident_journal_at on incident_journal (at);
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table incident_journal, incidents')
}
