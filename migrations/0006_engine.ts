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
      key text not null unique,
      incident_id text not null,
      event text not null check (event in ('opened', 'escalated', 'closed', 'reminder')),
      at timestamptz not null,
      due_at timestamptz not null,
      settled_at timestamptz,
      outcome text check (outcome in ('sent', 'summary', 'daily', 'folded', 'dropped')),
      check ((settled_at is null) = (outcome is null))
    );
    comment on table outbox is 'transitions to tell people of, written with them; settled once their messages are in notifications';
    comment on column outbox.key is 'one row per transition, however often it is judged';
    comment on column outbox.outcome is 'sent: in a message of its own; summary, daily: in one of many; folded: in that of its cause; dropped: nothing to tell';
    create index outbox_due on outbox (due_at) where settled_at is null;
    create index outbox_incident on outbox (incident_id);

    create table notifications (
      id bigint generated always as identity primary key,
      key text not null,
      target text not null,
      event text not null,
      incident_id text,
      payload json not null,
      created_at timestamptz not null,
      due_at timestamptz not null,
      expires_at timestamptz not null,
      attempts integer not null default 0,
      leased_until timestamptz,
      sent_at timestamptz,
      failed_at timestamptz,
      error text,
      unique (key, target)
    );
    comment on table notifications is 'one message to one target';
    comment on column notifications.target is 'its name without secrets';
    comment on column notifications.failed_at is 'given up: nothing sends it again unless it is asked for';
    create index notifications_waiting on notifications (target, due_at) where sent_at is null and failed_at is null;
    create index notifications_sent on notifications (target, sent_at) where sent_at is not null;
    create index notifications_incident on notifications (incident_id) where sent_at is null and failed_at is null;
    create index notifications_created on notifications (created_at);

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
  pgm.sql('drop table maintenance, notifications, outbox, rule_evaluation, rule_cursor, engine_slot, rule_state')
}
