import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table job_runs (
      job text primary key,
      started_at timestamptz not null,
      finished_at timestamptz,
      ms double precision,
      error text,
      leased_until timestamptz
    ) with (fillfactor = 70);
    comment on table job_runs is 'the last run of each maintenance job; whoever holds the lease runs it';
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table job_runs')
}
