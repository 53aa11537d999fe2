import { type RawBuilder, sql } from 'kysely'

/** The names in an error of the server. */
export interface Named {
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly constraint: string | undefined
  /** The name of a domain. */
  readonly dataType: string | undefined
}

/** A row of {@link relationQuery}: a column, and facts about the relation. */
export interface RelationRow {
  readonly name: string
  readonly inputs: string
  readonly constant: boolean
  readonly harmless: boolean
  readonly covered: boolean
  readonly ofDomain: boolean
  readonly isTarget: boolean
  readonly isFound: boolean
  readonly isView: boolean
  readonly hasAfterTriggers: boolean
}

/** Functions in defaults that cannot fail. */
const harmlessFunctions = [
  ...['now', 'statement_timestamp', 'transaction_timestamp', 'clock_timestamp', 'timezone'],
  ...['timestamp', 'timestamptz', 'date', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'random', 'int8'],
]

/**
 * The functions that a default calls, read from its expression tree: no catalogue lists calls of built-in functions.
 */
const functionsOf = sql`pg_catalog.regexp_matches(tree, ':(?:funcid|opfuncid) (\\d+)', 'g') as m(ids)
    join pg_catalog.pg_proc p on p.oid = m.ids[1]::oid`

/** Creates the query for the columns of the relation that an error names. */
export function relationQuery(path: string, named: Named): RawBuilder<RelationRow> {
  return sql`
    with recursive
    ${failingRelation(path, named)},
    ${coveredColumns(named)},
    ${columnTypes}
    ${columnFacts(named)}
  `
}

/** `up` contains the relation and the tables that it is a partition of; `base` the tables of a view. */
function failingRelation(path: string, { schema, table }: Named): RawBuilder<unknown> {
  return sql`
    target as (select pg_catalog.to_regclass(${text(path)})::oid as id),
    failing as (
      select case when ${text(table)} is null then (select id from target) else (
        select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ${text(schema)} and c.relname = ${text(table)}
      ) end as id
    ),
    up as (
      select id from failing
      union select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid = up.id
    ),
    base as (
      select d.refobjid as id from target
      join pg_catalog.pg_rewrite r on r.ev_class = target.id
      join pg_catalog.pg_depend d on d.objid = r.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
        and d.refclassid = 'pg_catalog.pg_class'::regclass
    )
  `
}

/** `covered` contains the columns of the constraint, or those in its expressions. 0 means the whole row. */
function coveredColumns({ constraint }: Named): RawBuilder<unknown> {
  return sql`
    con as (
      select c.oid, c.conkey from failing join pg_catalog.pg_constraint c on c.conrelid = failing.id
      where c.conname = ${text(constraint)}
    ),
    idx as (
      select i.indexrelid as oid, (i.indkey::int2[])[0:i.indnkeyatts - 1] as keys, i.indexprs is not null as computed
      from failing join pg_catalog.pg_index i on i.indrelid = failing.id
      join pg_catalog.pg_class c on c.oid = i.indexrelid where c.relname = ${text(constraint)}
    ),
    covered as (
      select pg_catalog.unnest(conkey)::int as num from con
      union select num from idx, pg_catalog.unnest(keys) as k(num) where num <> 0
      union select d.refobjsubid from idx join pg_catalog.pg_depend d on d.objid = idx.oid
        and d.classid = 'pg_catalog.pg_class'::regclass, failing
        where idx.computed and d.refobjid = failing.id and d.refobjsubid > 0
    )
  `
}

/** The type of each column, with the base types of domains and the element types of arrays. */
const columnTypes = sql`
  types as (
    select a.attnum as num, a.atttypid as id from failing
    join pg_catalog.pg_attribute a on a.attrelid = failing.id and a.attnum > 0 and not a.attisdropped
    union
    select types.num, next.id from types join pg_catalog.pg_type t on t.oid = types.id,
      lateral (values (t.typbasetype), (t.typelem)) as next(id) where next.id <> 0
  )
`

function columnFacts({ dataType }: Named): RawBuilder<unknown> {
  return sql`
    select a.attname::text as "name",
      (
        select coalesce(json_agg(i.attname), '[]')::text from pg_catalog.pg_depend d
        join pg_catalog.pg_attribute i on i.attrelid = d.refobjid and i.attnum = d.refobjsubid
        where a.attgenerated <> '' and d.refclassid = 'pg_catalog.pg_class'::regclass
          and d.refobjid = a.attrelid and d.refobjsubid not in (0, a.attnum)
          and (d.classid, d.objid, d.objsubid) in (
            ('pg_catalog.pg_attrdef'::regclass::oid, def.oid, 0),
            ('pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int)
          )
      ) as "inputs",
      a.attidentity = '' and (tree is null or (
        tree not like '%NEXTVALUEEXPR%' and not exists (select from ${functionsOf} where p.provolatile <> 'i')
      )) as "constant",
      a.attgenerated <> '' or (own.typtype <> 'd' and a.attidentity = '' and (tree is null or (
        tree not like '%NEXTVALUEEXPR%' and tree not like '%COERCEVIAIO%' and not exists (
          select from ${functionsOf} where p.proname <> all (${sql.lit(`{${harmlessFunctions.join(',')}}`)}::text[])
            or p.pronamespace <> 'pg_catalog'::regnamespace
        )
      ))) as "harmless",
      exists (select from covered where num in (0, a.attnum)) as "covered",
      exists (
        select from types join pg_catalog.pg_type t on t.oid = types.id
        where types.num = a.attnum and t.typtype = 'd' and t.typname = ${text(dataType)}
      ) as "ofDomain",
      target.id in (select id from up) or exists (select from base join up on up.id = base.id) as "isTarget",
      exists (select from con) or exists (select from idx) as "isFound",
      (select relkind = 'v' from pg_catalog.pg_class where oid = target.id) as "isView",
      exists (
        select from pg_catalog.pg_trigger where tgrelid in (select id from up) and not tgisinternal
          and tgtype & 66 = 0 and tgtype & 4 <> 0
      ) as "hasAfterTriggers"
    from target, failing
    join pg_catalog.pg_attribute a on a.attrelid = failing.id and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type own on own.oid = a.atttypid
    left join pg_catalog.pg_attrdef def on def.adrelid = a.attrelid and def.adnum = a.attnum,
    lateral (select coalesce(def.adbin, own.typdefaultbin)::text as tree) as expression
  `
}

// Cast to text: the server cannot infer the type of a null parameter.
function text(value: string | undefined): RawBuilder<string | null> {
  return sql`${value ?? null}::text`
}
