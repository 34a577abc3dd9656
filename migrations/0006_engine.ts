import type { MigrationBuilder } from 'node-pg-migrate'

export function up (pgm: MigrationBuilder): void {
  createEngine(pgm)
  createOutbox(pgm)
}

function createEngine (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table rule_state (
      rule text not null,
      subject text not null,
      state text not null,
      since timestamptz not null,
      data jsonb not null default '{}',
      primary key (rule, subject)
    ) with (fillfactor = 70);

    create table engine_slot (
      only_row boolean primary key default true check (only_row),
      slot timestamptz not null,
      claimed_by text not null,
      claimed_at timestamptz not null,
      finished_at timestamptz,
      judged_until timestamptz,
      judged_ms bigint not null default 0,
      listening_since timestamptz
    );
    comment on column engine_slot.judged_until is 'the moment judged last';
    comment on column engine_slot.judged_ms is 'time judged so far: absence of data is counted in this, never by the clock';
    comment on column engine_slot.listening_since is 'silence counts from here at the earliest';

    create table rule_cursor (
      rule text primary key,
      judged_until timestamptz not null
    );
    comment on table rule_cursor is 'what arrived later is new to the rule; a rule that failed stays behind';

    create table rule_evaluation (
      rule text not null,
      slot timestamptz not null,
      ms real not null,
      rows integer not null,
      matches integer not null,
      error text,
      primary key (rule, slot)
    );
  `)
}

function createOutbox (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table outbox (
      id bigint generated always as identity primary key,
      incident_id text,
      event text not null,
      target text not null,
      payload jsonb not null,
      created_at timestamptz not null default now(),
      due_at timestamptz not null default now(),
      attempts integer not null default 0,
      leased_until timestamptz,
      sent_at timestamptz,
      failed_at timestamptz,
      error text,
      key text not null unique
    );
    comment on column outbox.key is 'one message per key, however often its transition is judged';
    create index outbox_due on outbox (due_at) where sent_at is null and failed_at is null;

    create table maintenance (
      id bigint generated always as identity primary key,
      subject text,
      pattern text,
      starts_at timestamptz not null,
      ends_at timestamptz not null,
      reason text,
      created_by text,
      created_at timestamptz not null default now(),
      check (num_nonnulls(subject, pattern) = 1),
      check (ends_at > starts_at)
    );
    create index maintenance_ends on maintenance (ends_at);
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table maintenance, outbox, rule_evaluation, rule_cursor, engine_slot, rule_state')
}
