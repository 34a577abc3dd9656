import type { MigrationBuilder } from 'node-pg-migrate'

/*
 * What the engine keeps of the last hours, so that no rule reads raw rows of an hour. Ordinary tables: they hold two hours at most,
 * change in place and are emptied row by row, where a hypertable would add a look into each chunk and nothing else.
 * fillfactor: a row is updated a few times within minutes; with room on its page no index is touched.
 * A route's hash is in the key, as a route of many long names is more than an index entry holds.
 */

export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create table link_minute (
      a text not null,
      b text not null,
      medium text not null,
      minute timestamptz not null,
      n integer not null,
      lq double precision not null,
      nlq double precision not null,
      etx double precision not null,
      signal_n integer not null,
      signal_dbm double precision,
      noise_n integer not null,
      noise_dbm double precision,
      primary key (a, b, medium, minute)
    ) with (fillfactor = 60);
    create index link_minute_minute on link_minute (minute);
    comment on table link_minute is 'sums over the hop rows of a link, lq from a to b; a sorts first by bytes';

    create table bad_window (
      src text not null,
      dst text not null,
      time timestamptz not null,
      jitter_ms real,
      loss_pct real,
      route jsonb not null,
      a text,
      b text,
      medium text,
      etx double precision,
      primary key (src, dst, time)
    ) with (fillfactor = 80);
    create index bad_window_time on bad_window (time);
    create index bad_window_link on bad_window (a, b, medium, time) where a is not null;
    comment on column bad_window.a is 'one end of the worst hop; null where no hop is bad enough';

    create table path_route (
      src text not null,
      dst text not null,
      bucket timestamptz not null,
      hash bigint not null,
      route text[] not null,
      last_time timestamptz not null,
      primary key (src, dst, bucket, hash)
    ) with (fillfactor = 60);
    create index path_route_bucket on path_route (bucket);
    comment on column path_route.route is 'empty where the agent did not know it';
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop table path_route, bad_window, link_minute')
}
