import type { MigrationBuilder } from 'node-pg-migrate'

/* Curves per cell, linear between their points, clamped: sources in docs/decisions/battery-curves.md. */
export function up (pgm: MigrationBuilder): void {
  pgm.sql(`
    create function bat_pct(mv double precision, chemistry text, cells integer) returns double precision
    language sql immutable strict parallel safe
    begin atomic
      select case
        when part = 0 then 0
        when part = cardinality(cell_mv) then 100
        else pct[part] + (pct[part + 1] - pct[part]) * (mv / cells - cell_mv[part]) / (cell_mv[part + 1] - cell_mv[part])
      end
      from (values
        ('liion', array[3000, 3450, 3680, 3740, 3770, 3790, 3820, 3870, 3920, 3980, 4060, 4200]::double precision[],
          array[0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]::double precision[]),
        ('lifepo4', array[3000, 3120, 3200, 3230, 3250, 3260, 3270, 3290, 3320, 3350, 3400]::double precision[],
          array[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]::double precision[])
      ) as curves (name, cell_mv, pct),
      lateral (select width_bucket(mv / nullif(cells, 0), cell_mv)) as place (part)
      where cells > 0 and name = case lower(chemistry) when 'lipo' then 'liion' else lower(chemistry) end;
    end;
    comment on function bat_pct is 'percent of charge of a battery of so many cells in series; null for an unknown chemistry (liion, lipo, lifepo4)';
  `)
}

export function down (pgm: MigrationBuilder): void {
  pgm.sql('drop function bat_pct')
}
